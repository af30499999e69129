/**
 * Completes package-lock.json after `npm install` on a machine whose registry lacks the binaries of other
 * platforms: npm leaves them out, and `npm ci` then refuses the file. Adds what optionalDependencies name, with the
 * platform that the name tells. `node .config/complete-lock.mjs`
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const file = resolve(import.meta.dirname, '../package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'aix', 'win32']
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32']

const missing = (name, from) => {
  for (let place = from; ; place = place.slice(0, place.lastIndexOf('/node_modules/'))) {
    if (lock.packages[`${place}/node_modules/${name}`.replace(/^\//, '')]) return false
    if (!place.includes('/node_modules/')) return !lock.packages[`node_modules/${name}`]
  }
}

let added = 0
for (const [place, entry] of Object.entries(lock.packages))
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const words = name.split(/[-/]/)
    const os = SYSTEMS.filter((system) => words.includes(system))
    const cpu = PROCESSORS.filter(
      (processor) =>
        words.some((word) => word.startsWith(processor)) && !(processor === 'arm' && words.includes('arm64'))
    )
    if (!/^\d/.test(version) || os.length + cpu.length === 0 || !missing(name, place)) continue
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu.length > 0 ? { cpu } : {}),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      ...(os.length > 0 ? { os } : {})
    }
    added++
  }
const [root, ...rest] = Object.entries(lock.packages)
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))])
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} packages added`)
