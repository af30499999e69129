import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from './support/browser'
import { startMockNode } from './support/mock-node'
import { VIEWS } from './support/views'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const WEB_ROOT = resolve(process.env.RAFT3D_WEB_ROOT ?? 'out/renderer')

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** Moderate findings are looked at, serious ones fail. */
async function violations(view: (typeof VIEWS)[number], theme: 'light' | 'dark', width: number): Promise<string[]> {
  const node = await startMockNode({ webRoot: WEB_ROOT, ...view.node })
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: view.language ?? 'en-GB'
  })
  try {
    const page = await context.newPage()
    await view.before?.(page)
    await page.goto(node.url + view.path)
    await page.locator('h1').first().waitFor()
    await page.waitForTimeout(300)
    await view.act?.(page)
    await page.waitForTimeout(300)
    // The checker is no part of the page: it comes in beside its content security policy.
    await page.evaluate(AXE)
    const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
      violations: Violation[]
    }
    return found.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join('\n  ')}`
      )
  } finally {
    await context.close()
    await node.close()
  }
}

// Several at a time: half of the time a page waits for its data and its charts.
describe.concurrent.each(['light', 'dark'] as const)('in the %s theme, axe finds nothing serious', (theme) => {
  it.each(VIEWS.map((view) => [view.name, view] as const))('in %s', async (_name, view) => {
    expect(await violations(view, theme, theme === 'light' ? 1280 : 420)).toEqual([])
  })
})
