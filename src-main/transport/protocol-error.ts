/** The other side sent what the protocol does not allow; the connection is closed with this as its reason. */
export class ProtocolError extends Error {
  readonly code = 'protocol_error'
}
