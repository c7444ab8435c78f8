import { describe, expect, test, vi } from 'vitest'
import { warnOnce } from '../../../src/core/report/warnings.ts'

describe('a warning', () => {
  test('is given once per cause, however often the cause occurs', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    for (let round = 0; round < 3; round += 1) warnOnce('SOJOURN_TEST', 'This is the first cause.')
    warnOnce('SOJOURN_TEST', 'This is another cause.')
    expect(emit.mock.calls).toEqual([
      ['This is the first cause.', { type: 'SojournWarning', code: 'SOJOURN_TEST' }],
      ['This is another cause.', { type: 'SojournWarning', code: 'SOJOURN_TEST' }],
    ])
    emit.mockRestore()
  })
})
