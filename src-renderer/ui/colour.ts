/** A swatch for whatever people write as a filament's colour: hex, CSS names, and the words of the trade in two languages. */
export interface Swatch {
  /** CSS colour, or null when nothing is known about it. */
  readonly css: string | null
  readonly clear: boolean
}

const WORDS: Readonly<Record<string, string>> = {
  black: '#26282b',
  schwarz: '#26282b',
  carbon: '#2f3236',
  jet: '#1d1f21',
  charcoal: '#3d4145',
  anthracite: '#42474d',
  anthrazit: '#42474d',
  graphite: '#4b5157',
  graphit: '#4b5157',
  white: '#f4f4f1',
  weiß: '#f4f4f1',
  weiss: '#f4f4f1',
  ivory: '#efe9d5',
  elfenbein: '#efe9d5',
  cream: '#efe6c8',
  creme: '#efe6c8',
  bone: '#e5dcc5',
  beige: '#dcc9a3',
  grey: '#8d949b',
  gray: '#8d949b',
  grau: '#8d949b',
  silver: '#b9bec4',
  silber: '#b9bec4',
  red: '#cf2e2e',
  rot: '#cf2e2e',
  crimson: '#b3162f',
  scarlet: '#d6301f',
  ruby: '#a3123a',
  lipstick: '#c4122f',
  burgundy: '#741b33',
  wine: '#741b33',
  orange: '#f06a16',
  peach: '#f7b48c',
  apricot: '#f4a968',
  coral: '#f2735c',
  salmon: '#f0806a',
  terracotta: '#bf6040',
  yellow: '#f3c713',
  gelb: '#f3c713',
  gold: '#c99a2e',
  golden: '#c99a2e',
  mustard: '#c99b1e',
  lemon: '#f3df3d',
  green: '#2f9e44',
  grün: '#2f9e44',
  lime: '#9ccc2f',
  olive: '#78802f',
  oliv: '#78802f',
  mint: '#77d2ac',
  jade: '#2a9d78',
  teal: '#0f8a8a',
  petrol: '#12646e',
  turquoise: '#25b8ad',
  türkis: '#25b8ad',
  cyan: '#17aec6',
  aqua: '#3cc4cf',
  blue: '#2563c9',
  blau: '#2563c9',
  navy: '#1f3264',
  azure: '#2f86e0',
  sky: '#5aaeea',
  indigo: '#4546b3',
  ice: '#bfe3f2',
  purple: '#7a3fb8',
  lila: '#9a6bd0',
  violet: '#6f42c1',
  violett: '#6f42c1',
  lavender: '#a78bdc',
  lavendel: '#a78bdc',
  magenta: '#c2267f',
  pink: '#ee6fa6',
  rosa: '#f2a0c0',
  rose: '#e0718c',
  brown: '#7a5033',
  braun: '#7a5033',
  chocolate: '#5a3825',
  bronze: '#9c6b30',
  copper: '#b8693d',
  kupfer: '#b8693d',
  wood: '#b08455',
  holz: '#b08455',
  natural: '#e9e0cb',
  natur: '#e9e0cb'
}
const CLEAR = new Set(['clear', 'transparent', 'translucent', 'transluzent', 'klar', 'glass', 'glasklar'])
const HUES = new Set(
  'red rot green grün blue blau yellow gelb orange purple lila violet pink rosa brown braun grey gray grau'.split(' ')
)
const LIGHTER = new Set(['light', 'hell', 'pastel', 'pastell', 'helles'])
const DARKER = new Set(['dark', 'dunkel', 'deep', 'midnight'])

const known = new Map<string, Swatch>()
/** Then the cache starts over. */
const KNOWN_MAX = 5_000

export function swatchOf(text: string): Swatch {
  let swatch = known.get(text)
  if (swatch === undefined) {
    if (known.size >= KNOWN_MAX) known.clear()
    known.set(text, (swatch = readSwatch(text)))
  }
  return swatch
}

function readSwatch(text: string): Swatch {
  const hex = /#?\b([0-9a-f]{6}|[0-9a-f]{3})\b/i.exec(text)
  if (hex && (text.includes('#') || hex[1]?.length === 6)) return { css: `#${hex[1]}`, clear: false }
  const words = text
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter(Boolean)
  const clear = words.some((word) => CLEAR.has(word))
  const found = named(words)
  if (found === undefined) return { css: clear ? '#c8d4d8' : null, clear }
  if (words.some((word) => LIGHTER.has(word))) return { css: `color-mix(in oklch, ${found}, white 38%)`, clear }
  if (words.some((word) => DARKER.has(word))) return { css: `color-mix(in oklch, ${found}, black 34%)`, clear }
  return { css: found, clear }
}

/** The last word names the colour ("Galaxy Black"); a known one before a plain hue is its shade ("Sky Blue"). */
function named(words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => lookup(word) !== undefined)
  const before = words[at - 1]
  const shaded = at > 0 && HUES.has(words[at] as string) && before !== undefined
  return (shaded ? lookup(before) : undefined) ?? lookup(words[at] ?? '')
}

/** "dunkelgrün" and "skyblue" name their colour at their end. */
function lookup(word: string): string | undefined {
  if (word in WORDS) return WORDS[word]
  for (const name of Object.keys(WORDS)) {
    if (!word.endsWith(name) || name.length < 3) continue
    const before = word.slice(0, -name.length)
    const base = WORDS[name]
    if (LIGHTER.has(before)) return `color-mix(in oklch, ${base}, white 38%)`
    if (DARKER.has(before)) return `color-mix(in oklch, ${base}, black 34%)`
    return base
  }
  return undefined
}
