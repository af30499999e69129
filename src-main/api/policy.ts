/** Content security policies: what the pages that this node serves may load. Scripts are files of the node's own. */
const COMMON = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'"
]

export const UI_POLICY = [
  ...COMMON,
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "manifest-src 'self'",
  "frame-ancestors 'none'"
].join('; ')

/** Swagger UI styles its elements inline. */
export const DOCS_POLICY = [
  ...COMMON,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "frame-ancestors 'none'"
].join('; ')
