/** What discovery asks of its surroundings; the runtime's logger fits. */
export interface DiscoveryLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
