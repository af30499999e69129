/**
 * Is a concurrent history explained by some order of its operations, each taking effect between its call and
 * its return? The search of Wing and Gong with Lowe's memory of the configurations already tried.
 *
 * An operation without a return (its outcome is unknown) may take effect at any time after its call, or never.
 */

export interface Operation<Input, Output> {
  readonly client: number
  readonly call: number
  /** Infinity when nothing was heard of it. */
  readonly returned: number
  readonly input: Input
  /** undefined with `returned` Infinity. */
  readonly output: Output | undefined
}

export interface SequentialModel<State, Input, Output> {
  readonly initial: State
  /** The state after `input` if `output` is what it would answer (undefined fits anything), else null. */
  step(state: State, input: Input, output: Output | undefined): State | null
  /** Equal keys, equal states. */
  key(state: State): string
}

export type Verdict<Input, Output> =
  | { readonly kind: 'linearizable' }
  /** The search bound was reached: nothing is said. */
  | { readonly kind: 'undecided'; readonly steps: number }
  | {
      readonly kind: 'violation'
      /** The longest order that was found, and an operation that fits nowhere after it. */
      readonly longest: readonly Operation<Input, Output>[]
      readonly stuck: Operation<Input, Output> | null
    }

interface Node {
  readonly op: number
  readonly isCall: boolean
  previous: Node
  next: Node
  partner: Node
}

function link<I, O>(operations: readonly Operation<I, O>[]): Node {
  const events = operations
    .flatMap((o, op) => [
      { time: o.call, isCall: true, op },
      { time: o.returned, isCall: false, op }
    ])
    // At equal times calls come first: the operations overlap, which only permits more.
    .sort((a, b) => a.time - b.time || Number(b.isCall) - Number(a.isCall) || a.op - b.op)
  const head = { op: -1, isCall: true } as Node
  const calls: Node[] = []
  let last = head
  for (const event of events) {
    const node = { op: event.op, isCall: event.isCall } as Node
    node.previous = last
    last.next = node
    last = node
    if (event.isCall) calls[event.op] = node
    else {
      const call = calls[event.op] as Node
      call.partner = node
      node.partner = call
    }
  }
  last.next = head
  head.previous = last
  return head
}

function lift(call: Node): void {
  call.previous.next = call.next
  call.next.previous = call.previous
  const back = call.partner
  back.previous.next = back.next
  back.next.previous = back.previous
}

function unlift(call: Node): void {
  const back = call.partner
  back.previous.next = back
  back.next.previous = back
  call.previous.next = call
  call.next.previous = call
}

/** Two 32-bit words per operation; the set of linearized operations is their exclusive or. */
function fingerprints(count: number): { readonly low: Uint32Array; readonly high: Uint32Array } {
  const low = new Uint32Array(count)
  const high = new Uint32Array(count)
  let x = 0x2545f491
  const next = () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return Math.imul(x, 0x9e3779b1) >>> 0
  }
  for (let i = 0; i < count; i++) {
    low[i] = next()
    high[i] = next()
  }
  return { low, high }
}

export function checkLinearizable<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  stepsMax = 2_000_000
): Verdict<Input, Output> {
  const head = link(operations)
  const { low, high } = fingerprints(operations.length)
  let owed = operations.filter((o) => o.returned !== Infinity).length
  const taken: { call: Node; before: State }[] = []
  const tried = new Set<string>()
  let longest: number[] = []
  let stuck = -1
  let state = model.initial
  let a = 0
  let b = 0
  let steps = 0
  let at = head.next
  while (owed > 0) {
    if (++steps > stepsMax) return { kind: 'undecided', steps }
    if (at !== head && at.isCall) {
      const operation = operations[at.op] as Operation<Input, Output>
      const after = model.step(state, operation.input, operation.output)
      if (after !== null) {
        const lowWord = a ^ (low[at.op] as number)
        const highWord = b ^ (high[at.op] as number)
        const configuration = `${lowWord}:${highWord}:${model.key(after)}`
        if (!tried.has(configuration)) {
          tried.add(configuration)
          taken.push({ call: at, before: state })
          state = after
          a = lowWord
          b = highWord
          if (operation.returned !== Infinity) owed--
          lift(at)
          at = head.next
          continue
        }
      }
      at = at.next
      continue
    }
    // A return that is not linearized yet (or the end): what was tried so far does not explain it.
    if (taken.length >= longest.length && at !== head) {
      longest = taken.map((t) => t.call.op)
      stuck = at.op
    }
    const undone = taken.pop()
    if (undone === undefined) {
      return {
        kind: 'violation',
        longest: longest.map((i) => operations[i] as Operation<Input, Output>),
        stuck: stuck < 0 ? null : (operations[stuck] as Operation<Input, Output>)
      }
    }
    const op = undone.call.op
    state = undone.before
    a ^= low[op] as number
    b ^= high[op] as number
    if ((operations[op] as Operation<Input, Output>).returned !== Infinity) owed++
    unlift(undone.call)
    at = undone.call.next
  }
  return { kind: 'linearizable' }
}
