/**
 * The API token of this browser tab. It lives in sessionStorage, so it ends with the tab; the desktop window never
 * has one. A link may carry it in the fragment (`/#token=…`), which is never sent to a server and is removed at once.
 */
const KEY = 'raft3d.token'

let token: string | null | undefined

function read(): string | null {
  const fromLink = /^#token=([^&]+)/.exec(location.hash)?.[1]
  try {
    if (fromLink) {
      history.replaceState(history.state, '', location.pathname + location.search)
      sessionStorage.setItem(KEY, decodeURIComponent(fromLink))
    }
    return sessionStorage.getItem(KEY)
  } catch {
    return fromLink ?? null
  }
}

export function currentToken(): string | null {
  return (token ??= read())
}

export function keepToken(next: string | null): void {
  token = next
  try {
    if (next === null) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, next)
  } catch {
    // Without storage the token lives as long as the page.
  }
}
