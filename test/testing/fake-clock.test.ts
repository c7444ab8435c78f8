import { fakeClock } from 'sojourn/testing'
import { describe, expect, test } from 'vitest'

describe('a fake clock', () => {
  test('it shows where it started until it is moved', () => {
    const clock = fakeClock(1000)
    expect(clock.now()).toBe(1000)
    clock.advance(500)
    expect(clock.now()).toBe(1500)
  })

  test('callbacks run in the order of time, each at its own instant', () => {
    const clock = fakeClock(0)
    const seen: [string, number][] = []
    clock.after(20, () => seen.push(['second', clock.now()]))
    clock.after(10, () => seen.push(['first', clock.now()]))
    clock.after(20, () => seen.push(['third', clock.now()]))
    clock.advance(30)
    expect(seen).toEqual([
      ['first', 10],
      ['second', 20],
      ['third', 20],
    ])
    expect(clock.now()).toBe(30)
  })

  test('a callback is not run before its time, nor a second time', () => {
    const clock = fakeClock(0)
    let runs = 0
    clock.after(10, () => runs++)
    clock.advance(9)
    expect(runs).toBe(0)
    clock.advance(1)
    clock.advance(100)
    expect(runs).toBe(1)
  })

  test('a callback that renews itself runs as often as its span fits, however short it is', () => {
    const clock = fakeClock(0)
    const seen: number[] = []
    const renew = () => {
      seen.push(clock.now())
      clock.after(0, renew)
    }
    clock.after(0, renew)
    clock.advance(3)
    expect(seen).toEqual([1, 2, 3])
  })

  test('a cancelled callback never runs and no longer waits', () => {
    const clock = fakeClock(0)
    const cancel = clock.after(10, () => expect.unreachable())
    expect(clock.waiting).toBe(1)
    cancel()
    cancel()
    expect(clock.waiting).toBe(0)
    clock.advance(100)
  })

  test('a jump runs nothing, and callbacks wait for as long as before', () => {
    const clock = fakeClock(0)
    const seen: number[] = []
    clock.after(10, () => seen.push(clock.now()))
    clock.jump(1000)
    clock.advance(9)
    expect(seen).toEqual([])
    clock.advance(1)
    expect(seen).toEqual([1010])
  })

  test('a jump may go back, as when somebody corrects the clock of a machine', () => {
    const clock = fakeClock(1000)
    clock.jump(-400)
    expect(clock.now()).toBe(600)
  })
})
