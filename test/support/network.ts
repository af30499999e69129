/** A network between nodes that can be broken in every direction; however it is made, trials are the same. */
import type { NodeProcess, ProcessCluster } from './processes'

export interface Weather {
  /** Each way. */
  readonly delayMs: number
  /** Share of what is sent that does not arrive. */
  readonly loss: number
}

export interface Network {
  readonly cluster: ProcessCluster
  readonly nodes: readonly NodeProcess[]
  readonly canDelay: boolean
  form(count: number, flags?: readonly string[]): Promise<this>
  /** Silence from one to the other; the way back stays open. */
  cut(from: NodeProcess, to: NodeProcess): void
  /** Silence between these and all others. */
  split(side: readonly NodeProcess[]): void
  setWeather(weather: Partial<Weather>): void
  heal(): void
  end(): Promise<void>
}
