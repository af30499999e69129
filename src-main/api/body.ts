/** How bodies are read. Routes pick the fields they know, so that a key like `__proto__` is as harmless as any other. */
import type { FastifyInstance } from 'fastify'
import { Failure } from '../runtime/replica'

export const JSON_TYPES = ['application/json', 'application/merge-patch+json']

/** Windows writes one before UTF-8, and RFC 8259 lets readers pass it over. */
const BYTE_ORDER_MARK = '\ufeff'

export function registerBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(JSON_TYPES, { parseAs: 'string' }, (_request, body, done) => {
    const sent = body as string
    const text = sent.startsWith(BYTE_ORDER_MARK) ? sent.slice(1) : sent
    // Clients that always send the type send it with an empty body too.
    if (text === '') return done(null, undefined)
    try {
      done(null, JSON.parse(text))
    } catch (error) {
      done(new Failure('malformed_json', (error as Error).message, { cause: error }))
    }
  })
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined)
    const type = request.headers['content-type']
    done(
      new Failure(
        'unsupported_media_type',
        type === undefined ? 'Send Content-Type: application/json.' : `Send application/json, not "${type}".`
      )
    )
  })
}
