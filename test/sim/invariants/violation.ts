/** A rule that must hold does not. Ends the run; the name says which checker caught it. */
export class Violation extends Error {
  constructor(
    readonly invariant: string,
    readonly detail: string
  ) {
    super(`${invariant}: ${detail}`)
  }
}
