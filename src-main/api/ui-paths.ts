/** Which paths are views of the interface rather than files of it: a view may end in an id with a dot in it. Pure. */
export const HASHED_FILES = '/assets/'

/** @param path as it stands in the request, still escaped */
export function isViewPath(path: string): boolean {
  if (path.startsWith(HASHED_FILES)) return false
  const endsLikeAFile = /\.[^/]+$/.test(path)
  const isBelowAView = /^\/[\w-]+\/./.test(path)
  return !endsLikeAFile || isBelowAView
}
