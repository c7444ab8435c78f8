import { expect, test } from 'vitest'
import { reportCrossSite } from '../../../src/core/cross-site/refusal.ts'
import { hearEvents } from '../heard-events.ts'

test.each(['sec-fetch-site', 'origin', 'token'] as const)(
  'a refusal because of the %s is one event and a 403',
  reason => {
    const heard = hearEvents()
    const error = reportCrossSite(reason)
    expect(error).toMatchObject({
      code: 'CROSS_SITE',
      status: 403,
      message: expect.stringContaining('Expected'),
    })
    expect(heard).toEqual([{ name: 'cross-site', payload: { handle: undefined, reason } }])
  },
)
