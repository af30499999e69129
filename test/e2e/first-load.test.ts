import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { launchBrowser } from './support/browser'
import { startMockNode } from './support/mock-node'

const FIRST_LOAD_BYTES_MAX = 300_000
const WEB_ROOT = resolve(process.env.RAFT3D_WEB_ROOT ?? 'out/renderer')

it('the first view needs at most 300 kB of script and style, compressed, and nothing from elsewhere', async () => {
  const browser = await launchBrowser()
  const node = await startMockNode({ webRoot: WEB_ROOT })
  try {
    const page = await browser.newPage()
    const files = new Set<string>()
    const foreign: string[] = []
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (url.origin !== node.url) foreign.push(request.url())
      else if (/\.(js|css)$/.test(url.pathname)) files.add(url.pathname)
    })
    await page.goto(node.url)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.getByRole('link', { name: /^Running/ }).waitFor()
    const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(WEB_ROOT, file))).length, 0)
    console.log(`first load: ${(bytes / 1000).toFixed(1)} kB gzip in ${files.size} files`)
    expect(files.size).toBeGreaterThan(2)
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX)
    expect(foreign).toEqual([])
  } finally {
    await browser.close()
    await node.close()
  }
})
