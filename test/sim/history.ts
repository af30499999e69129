/** What the clients asked and were told, and when. */
import { checkLinearizable, type Operation, type Verdict } from './linearizability'
import { EMPTY_GROUP, GROUP_MODEL, type GroupInput, type GroupOutput } from './model'

export type Group = number

interface Recorded {
  readonly client: number
  readonly group: Group | 'all'
  readonly call: number
  readonly input: GroupInput
  readonly inputOf: ((group: Group) => GroupInput) | null
  returned: number
  output: GroupOutput | undefined
  /** The answer said that it did not and will not happen. */
  dropped: boolean
}

/** Orders calls and returns that happen at one instant of virtual time as they really happened. */
export class History {
  private readonly recorded: Recorded[] = []
  private time = 0

  call(client: number, group: Group, input: GroupInput): Recorded {
    return this.add({ client, group, input, inputOf: null })
  }

  /** An operation that concerns every group, each in its own way. */
  callAll(client: number, inputOf: (group: Group) => GroupInput): Recorded {
    return this.add({ client, group: 'all', input: { kind: 'read' }, inputOf })
  }

  answer(recorded: Recorded, output: GroupOutput): void {
    recorded.returned = ++this.time
    recorded.output = output
  }

  /** It certainly never takes effect: from here on the clients rely on that. */
  drop(recorded: Recorded): void {
    recorded.dropped = true
  }

  get size(): number {
    return this.recorded.length
  }

  of(group: Group): readonly Operation<GroupInput, GroupOutput>[] {
    return this.recorded
      .filter((r) => !r.dropped && (r.group === group || r.group === 'all'))
      .filter((r) => r.input.kind !== 'read' || r.inputOf !== null || r.output !== undefined)
      .map((r) => ({
        client: r.client,
        call: r.call,
        returned: r.returned,
        input: r.inputOf === null ? r.input : r.inputOf(group),
        output: r.output
      }))
  }

  private add(of: Pick<Recorded, 'client' | 'group' | 'input' | 'inputOf'>): Recorded {
    const { client, group, input, inputOf } = of
    const call = ++this.time
    const recorded = { client, group, call, input, inputOf, returned: Infinity, output: undefined, dropped: false }
    this.recorded.push(recorded)
    return recorded
  }
}

export type { Recorded }

export function checkGroup(history: History, group: Group, stepsMax?: number): Verdict<GroupInput, GroupOutput> {
  return checkLinearizable({ ...GROUP_MODEL, initial: EMPTY_GROUP }, history.of(group), stepsMax)
}

const show = (operation: Operation<GroupInput, GroupOutput>): string =>
  `client ${operation.client} [${operation.call}, ${operation.returned}] ${JSON.stringify(operation.input)} → ${JSON.stringify(operation.output)}`

/** The end of the longest explanation and the operation that it cannot explain. */
export function explain(verdict: Extract<Verdict<GroupInput, GroupOutput>, { kind: 'violation' }>): string {
  const tail = verdict.longest.slice(-6).map(show)
  const stuck = verdict.stuck === null ? 'nothing' : show(verdict.stuck)
  return `explained up to:\n    ${tail.join('\n    ')}\n  no place for:\n    ${stuck}`
}
