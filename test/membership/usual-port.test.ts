import { describe, expect, test } from 'vitest'
import { atUsualPort } from '../../src-main/membership/usual-port'

const host = '127.0.0.1'

/** Listens anywhere but at `taken`, where it fails with `code`. */
const listening = (taken: number, code: string) => {
  const tried: number[] = []
  const listen = async ({ port }: { port: number }): Promise<number> => {
    tried.push(port)
    if (port === taken) throw Object.assign(new Error(code), { code })
    return port
  }
  return { tried, listen }
}

describe('port 0', () => {
  test('is the port of the last start', async () => {
    const { listen } = listening(1, 'EADDRINUSE')
    expect(await atUsualPort({ host, port: 0 }, 7, listen)).toBe(7)
  })

  test('is any port where there was no start before, and where somebody else takes the usual one first', async () => {
    const { listen, tried } = listening(7, 'EADDRINUSE')
    expect(await atUsualPort({ host, port: 0 }, undefined, listen)).toBe(0)
    expect(await atUsualPort({ host, port: 0 }, 7, listen)).toBe(0)
    expect(tried).toEqual([0, 7, 0])
  })

  test('a port that was named is never another, and what else goes wrong is told', async () => {
    const named = listening(5, 'EADDRINUSE')
    await expect(atUsualPort({ host, port: 5 }, 7, named.listen)).rejects.toThrow('EADDRINUSE')
    const forbidden = listening(7, 'EACCES')
    await expect(atUsualPort({ host, port: 0 }, 7, forbidden.listen)).rejects.toThrow('EACCES')
  })
})
