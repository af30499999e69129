import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
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

/** What a page is looked at in: many rules depend on what is shown where, contrast on the theme. */
const LOOKS = [
  { theme: 'light', width: 1280 },
  { theme: 'dark', width: 420 }
] as const

/** Colours change at once when the theme does, those of cards far below too, which the browser passes over. */
const stillAndWhole = (page: Page): Promise<unknown> =>
  page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('* { transition: none !important; content-visibility: visible !important }')
    document.adoptedStyleSheets.push(sheet)
  })

/** Moderate findings are looked at, serious ones fail. */
async function violations(page: Page): Promise<string[]> {
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: Violation[]
  }
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join('\n  ')}`
    )
}

// Several at a time: half of the time a page waits for its data and its charts.
describe.concurrent('axe finds nothing serious', () => {
  it.each(VIEWS.map((view) => [view.name, view] as const))(
    'in %s, light and wide, dark and narrow',
    async (_, view) => {
      const node = await startMockNode({ webRoot: WEB_ROOT, ...view.node })
      const context = await browser.newContext({ reducedMotion: 'reduce', locale: view.language ?? 'en-GB' })
      const found: Record<string, string[]> = {}
      try {
        const page = await context.newPage()
        const look = async ({ theme, width }: (typeof LOOKS)[number]) => {
          await page.setViewportSize({ width, height: 900 })
          await page.emulateMedia({ colorScheme: theme })
        }
        await look(LOOKS[0])
        await view.before?.(page)
        await page.goto(node.url + view.path)
        await page.locator('h1').first().waitFor()
        await page.waitForTimeout(300)
        await view.act?.(page)
        await stillAndWhole(page)
        // The checker is no part of the page: it comes in beside its content security policy.
        await page.evaluate(AXE)
        for (const each of LOOKS) {
          await look(each)
          await page.waitForTimeout(300)
          found[each.theme] = await violations(page)
        }
      } finally {
        await context.close()
        await node.close()
      }
      expect(found).toEqual({ light: [], dark: [] })
    }
  )
})
