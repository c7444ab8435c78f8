import { describe, expect, test } from 'vitest'
import { Turns } from '../../../src/core/process/turns.ts'
import { Limit } from '../../../src/core/record/deadline.ts'
import { systemClock } from '../../../src/core/time/clock.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { Gate } from '../../support/gate.ts'
import { settle } from '../stage.ts'

const limit = new Limit({ clock: systemClock, spanMs: 60_000 })

describe('work under one name', () => {
  test('runs one at a time, in the order of the calls', async () => {
    const turns = new Turns()
    const told: string[] = []
    const gates = [new Gate(), new Gate(), new Gate()]
    const all = gates.map((gate, index) =>
      turns.take('ada', limit, async () => {
        told.push(`${index} begins`)
        await gate.passed
        told.push(`${index} ends`)
      }),
    )
    for (const gate of gates.toReversed()) gate.open()
    await Promise.all(all)
    expect(told).toEqual(['0 begins', '0 ends', '1 begins', '1 ends', '2 begins', '2 ends'])
  })

  test('begins at once when nothing is queued, in the same turn of the event loop', () => {
    const told: string[] = []
    void new Turns().take('ada', limit, async () => void told.push('begun'))
    expect(told).toEqual(['begun'])
  })

  test('answers each caller what its own work answers', async () => {
    const turns = new Turns()
    const answers = [1, 2, 3].map(answer => turns.take('ada', limit, async () => answer))
    expect(await Promise.all(answers)).toEqual([1, 2, 3])
  })

  test('fails only for its own caller, and the next work runs', async () => {
    const turns = new Turns()
    const rejects = turns.take('ada', limit, () => Promise.reject(new Error('rejected')))
    const throws = turns.take('ada', limit, () => {
      throw new Error('thrown')
    })
    const next = turns.take('ada', limit, async () => 'done')
    await expect(rejects).rejects.toThrow('rejected')
    await expect(throws).rejects.toThrow('thrown')
    expect(await next).toBe('done')
  })

  test('may throw at once, and leaves the name free', async () => {
    const turns = new Turns()
    const throws = turns.take('ada', limit, () => {
      throw new Error('thrown')
    })
    await expect(throws).rejects.toThrow('thrown')
    expect(await turns.take('ada', limit, async () => 'done')).toBe('done')
  })

  test('does not wait when all earlier work is done', async () => {
    const turns = new Turns()
    await turns.take('ada', limit, async () => undefined)
    const told: string[] = []
    const next = turns.take('ada', limit, async () => void told.push('begun'))
    expect(told).toEqual(['begun'])
    await next
  })

  test('waits for the last work when that is still running', async () => {
    const turns = new Turns()
    const gate = new Gate()
    const told: string[] = []
    const first = turns.take('ada', limit, async () => undefined)
    const second = turns.take('ada', limit, () => gate.passed)
    await first
    const third = turns.take('ada', limit, async () => void told.push('third'))
    await settle()
    expect(told).toEqual([])
    gate.open()
    await Promise.all([second, third])
    expect(told).toEqual(['third'])
  })
})

describe('work under different names', () => {
  test('does not wait for each other', async () => {
    const turns = new Turns()
    const gate = new Gate()
    const held = turns.take('ada', limit, () => gate.passed)
    expect(await turns.take('bob', limit, async () => 'done')).toBe('done')
    expect(await turns.take('__proto__', limit, async () => 'done')).toBe('done')
    gate.open()
    await held
  })
})

describe('a turn that does not come', () => {
  test('rejects at the limit, and its work never runs', async () => {
    const clock = fakeClock()
    const short = new Limit({ clock, spanMs: 1000 })
    const turns = new Turns()
    const gate = new Gate()
    const told: string[] = []
    const held = turns.take('ada', limit, () => gate.passed)
    const late = turns.take('ada', short, async () => void told.push('late'))
    const patient = turns.take('ada', limit, async () => void told.push('patient'))
    clock.advance(1000)
    await expect(late).rejects.toMatchObject({ code: 'LOCK_BUSY', status: 429 })
    gate.open()
    await Promise.all([held, patient])
    expect(told).toEqual(['patient'])
    expect(clock.waiting).toBe(0)
  })
})
