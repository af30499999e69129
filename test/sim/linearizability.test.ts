import { describe, expect, it } from 'vitest'
import { checkLinearizable, type Operation, type SequentialModel } from './linearizability'

type In = { write: number } | 'read'
const register: SequentialModel<number, In, number> = {
  initial: 0,
  step(state, input, output) {
    if (input !== 'read') return input.write
    return output === undefined || output === state ? state : null
  },
  key: String
}

let clients = 0
const op = (call: number, returned: number, input: In, output: number | undefined): Operation<In, number> => ({
  client: clients++,
  call,
  returned,
  input,
  output
})
const write = (call: number, returned: number, value: number) => op(call, returned, { write: value }, value)
const read = (call: number, returned: number, value: number) => op(call, returned, 'read', value)
const unknownWrite = (call: number, value: number) => op(call, Infinity, { write: value }, undefined)
const verdict = (...history: Operation<In, number>[]) => checkLinearizable(register, history).kind

describe('linearizability checker accepts', () => {
  it('the empty history and a sequential one', () => {
    expect(verdict()).toBe('linearizable')
    expect(verdict(write(0, 1, 5), read(2, 3, 5), write(4, 5, 6), read(6, 7, 6))).toBe('linearizable')
  })
  it('a read that overlaps a write and sees the old or the new value', () => {
    expect(verdict(write(0, 10, 1), read(2, 3, 0), read(4, 5, 1))).toBe('linearizable')
  })
  it('an unknown write that took effect late', () => {
    expect(verdict(unknownWrite(0, 7), read(1, 2, 0), read(3, 4, 0), read(5, 6, 7))).toBe('linearizable')
  })
  it('an unknown write that never took effect', () => {
    expect(verdict(unknownWrite(0, 7), write(1, 2, 1), read(3, 4, 1))).toBe('linearizable')
  })
  it('operations that touch at one instant, in either order', () => {
    expect(verdict(write(0, 5, 1), read(5, 6, 0))).toBe('linearizable')
  })
})

describe('linearizability checker rejects', () => {
  it('a stale read after an acknowledged write', () => {
    expect(verdict(write(0, 1, 1), read(2, 3, 0))).toBe('violation')
  })
  it('a lost write', () => {
    expect(verdict(write(0, 1, 1), write(2, 3, 2), read(4, 5, 1))).toBe('violation')
  })
  it('two reads that go back in time while one write runs', () => {
    expect(verdict(write(0, 10, 1), read(2, 3, 1), read(4, 5, 0))).toBe('violation')
  })
  it('a value that nobody wrote', () => {
    expect(verdict(unknownWrite(0, 7), read(1, 2, 8))).toBe('violation')
  })
  it('an unknown write seen before its call', () => {
    expect(verdict(read(0, 1, 7), unknownWrite(2, 7))).toBe('violation')
  })
  it('an unknown write that takes effect twice', () => {
    expect(verdict(unknownWrite(0, 7), read(1, 2, 7), write(3, 4, 1), read(5, 6, 7))).toBe('violation')
  })
  it('and names the operation that fits nowhere', () => {
    const stale = read(2, 3, 0)
    const result = checkLinearizable(register, [write(0, 1, 1), stale])
    expect(result.kind === 'violation' && result.stuck).toBe(stale)
  })
})

describe('linearizability checker against brute force', () => {
  const permutations = <T>(items: readonly T[]): T[][] =>
    items.length === 0
      ? [[]]
      : items.flatMap((x, i) => permutations(items.filter((_, j) => j !== i)).map((p) => [x, ...p]))
  const subsets = <T>(items: readonly T[]): T[][] =>
    items.reduce<T[][]>((all, x) => [...all, ...all.map((s) => [...s, x])], [[]])

  function byBruteForce(history: readonly Operation<In, number>[]): boolean {
    const known = history.filter((o) => o.returned !== Infinity)
    const unknown = history.filter((o) => o.returned === Infinity)
    return subsets(unknown).some((extra) =>
      permutations([...known, ...extra]).some((order) => {
        if (order.some((o, i) => order.slice(i + 1).some((later) => later.returned < o.call))) return false
        let state: number | null = 0
        for (const o of order) {
          state = state === null ? null : register.step(state, o.input, o.output)
        }
        return state !== null
      })
    )
  }

  it('agrees on 3,000 small random histories', () => {
    let x = 12345
    const below = (n: number) => {
      x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff
      return Math.floor((x / 0x80000000) * n)
    }
    let violations = 0
    for (let round = 0; round < 3000; round++) {
      const history = Array.from({ length: 1 + below(5) }, () => {
        const call = below(12)
        const returned = call + 1 + below(6)
        const kind = below(5)
        if (kind === 0) return unknownWrite(call, below(3))
        return kind < 3 ? write(call, returned, below(3)) : read(call, returned, below(3))
      })
      const expected = byBruteForce(history)
      if (!expected) violations++
      expect(verdict(...history)).toBe(expected ? 'linearizable' : 'violation')
    }
    expect(violations).toBeGreaterThan(300)
  })

  it('says undecided rather than guess when its bound is reached', () => {
    const many = Array.from({ length: 14 }, (_, i) => write(0, 100, i))
    expect(checkLinearizable(register, [...many, read(101, 102, 99)], 500).kind).toBe('undecided')
  })
})
