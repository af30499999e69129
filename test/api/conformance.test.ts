import { describe, expect, test } from 'vitest'
import { LONG_LIST_ITEMS } from '../../src-main/api/list-text'
import * as contract from '../../src-main/contract/limits'
import { JOB_STATUSES, NEXT_STATUSES } from '../../src-main/contract/print-jobs'
import { TOKEN_ROLES } from '../../src-main/contract/tokens'
import * as farm from '../../src-main/farm/bounds'
import { mayBecome } from '../../src-main/farm/lifecycle'
import * as farmTypes from '../../src-main/farm/types'
import { startApi } from './harness'

describe('the check of answers against openapi.json', () => {
  test.each([
    ['a field that is not declared', { id: 'p', company: 'a', model: 'b', created_at: 1, updated_at: 1, hash: 'x' }],
    ['a field of another type', { id: 'p', company: 'a', model: 7, created_at: 1, updated_at: 1 }],
    ['a field that is missing', { id: 'p', company: 'a', created_at: 1, updated_at: 1 }]
  ])('finds %s', async (_what, record) => {
    const { call, replica } = await startApi()
    replica.farm.printer = () => record as never
    await expect(call('GET', '/printers/p')).rejects.toThrow(/does not fit its schema/)
    replica.farm.printers = () => ({ items: [record as never], next: null })
    await expect(call('GET', '/printers')).rejects.toThrow(/does not fit its schema/)
  })

  test('finds a status that is not declared', async () => {
    const { call, replica } = await startApi()
    replica.propose = () => Promise.resolve({ ok: true, status: 200, body: { id: 'p' } })
    await expect(call('POST', '/printers', { company: 'a', model: 'b' })).rejects.toThrow(/not a declared answer/)
  })
})

describe('the contract and the farm agree', () => {
  test('on bounds', () => {
    const { ID_CHARS_MAX, TEXT_CHARS_MAX, FILEPATH_CHARS_MAX } = contract
    expect({ ID_CHARS_MAX, TEXT_CHARS_MAX, FILEPATH_CHARS_MAX }).toEqual({
      ID_CHARS_MAX: farm.ID_CHARS_MAX,
      TEXT_CHARS_MAX: farm.TEXT_CHARS_MAX,
      FILEPATH_CHARS_MAX: farm.FILEPATH_CHARS_MAX
    })
    expect(contract.IDEMPOTENCY_KEY_CHARS_MAX).toBeLessThanOrEqual(farm.KEY_CHARS_MAX)
    expect(LONG_LIST_ITEMS).toBeLessThan(contract.PAGE_ITEMS_MAX)
  })

  test('on statuses, their order and roles', () => {
    expect(JOB_STATUSES).toEqual(farmTypes.JOB_STATUSES)
    expect(TOKEN_ROLES).toEqual(farmTypes.TOKEN_ROLES)
    for (const from of JOB_STATUSES) {
      for (const to of JOB_STATUSES) expect(NEXT_STATUSES[from].includes(to)).toBe(mayBecome(from, to))
    }
  })
})
