/**
 * Pictures of every view in its states, light and dark, wide and narrow (some at 1024 px and in 4K), into shots/. They
 * are taken from a stand-in node with a sample farm, so that they show the same on every run. `--only TEXT` takes those
 * whose name contains it, `--readme` renews those that the README shows, `--theme dark` leaves out the light ones,
 * `--size wide` all others; `--url URL` takes them from a running node instead.
 */
import { copyFile, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { launchBrowser } from './support/browser'
import { startMockNode, type MockNode } from './support/mock-node'
import { SIZES, VIEWS, type View } from './support/views'

const ROOT = resolve(process.cwd())
/** Shown by the README, each in both themes. */
const IN_README = ['overview', 'cluster']
const WEB_ROOT = resolve(process.env.RAFT3D_WEB_ROOT ?? 'out/renderer')

type Size = keyof typeof SIZES
interface Taking {
  readonly browser: Browser
  readonly shot: View
  readonly url: string
  readonly theme: 'light' | 'dark'
  readonly sizes: readonly Size[]
  readonly out: string
}

async function take({ browser, shot, url, theme, sizes, out }: Taking): Promise<void> {
  for (const size of sizes) {
    const context = await browser.newContext({
      viewport: SIZES[size],
      colorScheme: theme,
      locale: shot.language ?? 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce'
    })
    const page = await context.newPage()
    page.setDefaultTimeout(5_000)
    page.on('console', (message) => {
      const expected = shot.node?.token !== undefined && message.text().includes('401')
      if (message.type() === 'error' && !expected) console.error(`${shot.name}: ${message.text()}`)
    })
    page.on('pageerror', (error) => console.error(`${shot.name}: ${String(error)}`))
    try {
      await shot.before?.(page)
      await page.goto(url + shot.path, { waitUntil: 'load' })
      await page.locator('h1').first().waitFor()
      await page.waitForTimeout(400)
      await shot.act?.(page)
      await page.waitForTimeout(350)
    } catch (error) {
      console.error(`${shot.name} ${size}: ${String(error).split('\n')[0]}`)
    }
    await page.screenshot({ path: join(out, `${shot.name}-${size}-${theme}.png`) })
    await context.close()
  }
}

async function main(): Promise<void> {
  const option = (name: string) => process.argv[process.argv.indexOf(name) + 1]
  const given = process.argv.includes('--url') ? option('--url') : undefined
  const only = process.argv.includes('--only') ? (option('--only') ?? '').split(',') : ['']
  const themes = process.argv.includes('--theme')
    ? [option('--theme') as 'light' | 'dark']
    : (['light', 'dark'] as const)
  const size = process.argv.includes('--size') ? option('--size') : undefined
  const sizesOf = (shot: View) =>
    (shot.sizes ?? (['wide', 'narrow'] as const)).filter((one) => size === undefined || one === size)
  const out = join(ROOT, 'shots')
  await mkdir(out, { recursive: true })
  const browser = await launchBrowser()
  const readme = process.argv.includes('--readme')
  const wanted = (name: string) => (readme ? IN_README.includes(name) : only.some((part) => name.includes(part)))
  for (const shot of VIEWS.filter(({ name }) => wanted(name))) {
    if (given !== undefined && shot.node) continue
    let node: MockNode | undefined
    if (given === undefined) node = await startMockNode({ webRoot: WEB_ROOT, ...shot.node })
    const url = given ?? node?.url ?? ''
    for (const theme of themes) await take({ browser, shot, url, theme, sizes: sizesOf(shot), out })
    await node?.close()
  }
  await browser.close()
  if (!readme) return
  for (const name of IN_README)
    for (const theme of themes) {
      const shown = join(ROOT, 'resources/screenshots', `${name}${theme === 'dark' ? '-dark' : ''}.png`)
      await copyFile(join(out, `${name}-wide-${theme}.png`), shown)
    }
}

await main()
