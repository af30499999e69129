/** `app://ui`: the built pages, and the node's API under the same origin. The page holds no token. */
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { protocol, type Session } from 'electron'
import { CONTENT_TYPES } from '../api/content-types'
import { UI_POLICY } from '../api/policy'
import { isViewPath } from '../api/ui-paths'
import type { Bridge } from './bridge'

export const UI_ORIGIN = 'app://ui'

const FOR_THE_NODE = /^\/(api\/|metrics$|healthz$|readyz$)/

/** Before the app is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: 'app',
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true }
    }
  ])
}

export function serveApp(session: Session, folder: string, bridge: Bridge): void {
  session.protocol.handle('app', (request) => {
    const url = new URL(request.url)
    if (url.host !== 'ui') return new Response(null, { status: 404 })
    return FOR_THE_NODE.test(url.pathname) ? bridge.fetch(request) : file(folder, url)
  })
}

async function file(folder: string, url: URL): Promise<Response> {
  try {
    const path = normalize(join(folder, decodeURIComponent(url.pathname)))
    if (path !== folder && !path.startsWith(folder + sep)) return new Response(null, { status: 404 })
    // What is no kind of file that the build makes is a view of the page, too.
    const type = isViewPath(url.pathname) ? undefined : CONTENT_TYPES[extname(path)]
    const body = await readFile(type === undefined ? join(folder, 'index.html') : path)
    return new Response(new Uint8Array(body), {
      headers: {
        'content-type': type ?? CONTENT_TYPES['.html']!,
        'content-security-policy': UI_POLICY,
        'x-content-type-options': 'nosniff'
      }
    })
  } catch {
    return new Response(null, { status: 404 })
  }
}
