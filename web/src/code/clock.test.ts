import { expect, test } from 'vitest'
import { ServerClock } from './clock'

const START = 1_800_000_000_000

function phone() {
  const at = { wall: START, steady: 5_000 }
  const clock = new ServerClock({ wall: () => at.wall, steady: () => at.steady })
  const pass = (ms: number) => {
    at.wall += ms
    at.steady += ms
  }
  return { at, clock, pass }
}

test('before any fetch the phone’s own clock counts, and nothing is said about it', () => {
  const { clock } = phone()
  expect([clock.now(), clock.ahead(), clock.known()]).toEqual([START, null, false])
})

test('the server’s time goes on by a clock that nobody sets', () => {
  const { clock, pass } = phone()
  clock.measure(START + 45_000, 200)
  pass(60_000)
  expect(clock.now()).toBe(START + 105_100)
  expect(clock.ahead()).toBe(-45_100)
})

test.each([
  ['the owner sets the clock', 90_000, 0],
  ['the phone slept, and its steady clock with it', 3_600_000, 1_000],
])('%s: what was measured is not believed any more', (_, wall, steady) => {
  const { at, clock } = phone()
  clock.measure(START + 45_000, 0)
  at.wall += wall
  at.steady += steady
  expect(clock.known()).toBe(false)
  expect(clock.now()).toBe(START + wall)
  expect(clock.ahead()).toBeNull()
})
