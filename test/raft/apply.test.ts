import { describe, expect, test } from 'vitest'
import { appendEntries, entriesFrom, heartbeat } from './network/messages'
import { followerOf, leaderOf } from './network/single'

const FOUNDING = { index: 1, term: 1 }
const from = { from: 'b', to: 'a', term: 1 }

describe('committed entries are handed out in pages', () => {
  test('bounded by bytes, one at a time; the next follows the report of the last', () => {
    const node = followerOf('abc', {}, { applyBytesMax: 200 })
    node.tick()
    node.holdApplies = true
    node.receive(appendEntries(from, FOUNDING, entriesFrom(2, 1, 1, 1, 1, 1, 1, 1), 8))
    const pages: number[][] = []
    while (node.appliesHeld.length > 0) {
      expect(node.appliesHeld).toHaveLength(1)
      const page = node.appliesHeld.shift()!
      pages.push(page.map(({ index }) => Number(index)))
      node.step({ type: 'applied', index: page.at(-1)!.index })
    }
    expect(pages).toEqual([[2, 3, 4], [5, 6, 7], [8]])
  })

  test('an entry above the bound goes alone', () => {
    const node = followerOf('abc', { log: [1, 1], commit: 3 }, { applyBytesMax: 1 })
    node.tick()
    expect(node.applied.map(({ index }) => Number(index))).toEqual([1, 2, 3])
  })

  test('after a restart from the first unapplied on, with none left out and none twice', () => {
    const node = followerOf('abc', { log: Array<number>(50).fill(1), commit: 51 }, { applyBytesMax: 150 })
    node.tick()
    expect(node.applied.map(({ index }) => Number(index))).toEqual(Array.from({ length: 51 }, (_, i) => i + 1))
  })

  test('partial progress is reported as far as it goes', () => {
    const node = followerOf('abc', { log: [1, 1, 1], commit: 1 })
    node.holdApplies = true
    node.tick()
    node.completeApplies()
    node.holdApplies = true
    node.receive(appendEntries(from, { index: 4, term: 1 }, [], 4))
    node.step({ type: 'applied', index: 2 as never })
    expect(node.status.lastApplied).toBe(2)
    node.receive(appendEntries(from, { index: 4, term: 1 }, entriesFrom(5, 1), 5))
    expect(node.appliesHeld).toHaveLength(1)
    node.step({ type: 'applied', index: 4 as never })
    expect(node.appliesHeld).toHaveLength(2)
  })
})

describe('only what is committed and durable here is applied', () => {
  test('a follower that is told of a commit waits for its own barrier', () => {
    const node = followerOf('abc')
    node.tick()
    node.holdWrites = true
    node.receive(appendEntries(from, FOUNDING, entriesFrom(2, 1, 1), 3))
    expect(node.status.commitIndex).toBe(3)
    expect(node.state).toEqual([])
    node.completeWrites()
    expect(node.state).toEqual(['1.2', '1.3'])
  })

  test('uncommitted entries are not', () => {
    const node = followerOf('abc')
    node.receive(appendEntries(from, FOUNDING, entriesFrom(2, 1, 1), 1))
    expect(node.state).toEqual([])
    node.receive(heartbeat(from, 2))
    expect(node.state).toEqual(['1.2'])
  })

  test('every kind of entry is handed out: commands, no-ops, configurations', () => {
    const leader = leaderOf('a')
    leader.step({ type: 'propose', data: ['x'] })
    expect(leader.applied.map(({ kind }) => kind)).toEqual(['configuration', 'noop', 'command'])
  })

  test('more reported than was handed out changes nothing', () => {
    const node = followerOf('abc', { log: [1], commit: 2 })
    node.tick()
    node.step({ type: 'applied', index: 99 as never })
    expect(node.status.lastApplied).toBe(2)
  })
})
