import { expect, test } from 'vitest'
import { BODY_BYTES_MAX } from '../../src-main/contract/limits'
import { RUNTIME_LIMITS } from '../../src-main/runtime/limits'
import { LOG_MESSAGE_BYTES_MAX } from '../../src-main/transport/limits'

test('every command that is taken fits a message between members', () => {
  const headroom = 1024 * 1024
  expect(BODY_BYTES_MAX + headroom).toBeLessThan(RUNTIME_LIMITS.commandBytesMax)
  expect(RUNTIME_LIMITS.commandBytesMax + RUNTIME_LIMITS.batchCharsMax * 3 + headroom).toBeLessThan(
    LOG_MESSAGE_BYTES_MAX
  )
})
