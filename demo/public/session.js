/// <reference lib="dom" />

// Everything works without this script. It lets the times run, asks how the session is without prolonging it, and
// puts in how the request of this page has ended.

const pollEveryMs = 3000

/** One of the two times: how long it was when that was said, and when it was said. */
class Countdown {
  #element
  #bar
  #endsAt = 0

  /** @param {Element} element */
  constructor(element) {
    this.#element = element
    this.#bar = element.parentElement?.querySelector('progress')
    this.set(Number(element.getAttribute('data-ms')))
  }

  /** @param {number} ms */
  set(ms) {
    this.#endsAt = performance.now() + ms
    this.show()
  }

  get restMs() {
    return Math.max(0, this.#endsAt - performance.now())
  }

  show() {
    this.#element.textContent = spanText(this.restMs)
    if (this.#bar) this.#bar.value = this.restMs
  }
}

/** @param {number} ms */
function spanText(ms) {
  const seconds = Math.ceil(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [first = 0, ...others] = parts[0] === 0 ? parts.slice(1) : parts
  return [first, ...others.map(part => String(part).padStart(2, '0'))].join(':')
}

/** Lets the times of the session run, and asks the server now and then whether they are right. */
class SessionClock {
  #address
  #idle
  #absolute
  #isOver = false
  #isAsking = false
  #askedAt = Number.NEGATIVE_INFINITY

  /** @param {string} address of the status */
  constructor(address) {
    this.#address = address
    this.#idle = countdown('idle')
    this.#absolute = countdown('absolute')
  }

  /** Called every second, and whenever the page is looked at again. */
  tick() {
    if (this.#isOver) return
    this.#idle?.show()
    this.#absolute?.show()
    const isDue = performance.now() - this.#askedAt >= pollEveryMs
    if (isDue && !this.#isAsking && document.visibilityState === 'visible') void this.#ask()
  }

  async #ask() {
    this.#isAsking = true
    this.#askedAt = performance.now()
    try {
      const response = await fetch(this.#address, { headers: { accept: 'application/json' } })
      if (response.ok) this.#take(await response.json())
    } catch {
      // The server cannot be reached. The next tick asks again.
    } finally {
      this.#isAsking = false
    }
  }

  /** @param {{ goesOn: boolean, outcome?: string, idleMs: number, absoluteMs: number, pollBefore?: Poll }} status */
  #take(status) {
    if (!status.goesOn) {
      this.#end(status.outcome ?? '')
      return
    }
    this.#idle?.set(status.idleMs)
    this.#absolute?.set(status.absoluteMs)
    if (status.pollBefore !== undefined) showPoll(status.pollBefore)
  }

  /** @param {string} outcome */
  #end(outcome) {
    this.#isOver = true
    this.#idle?.set(0)
    this.#absolute?.set(0)
    say(endings[outcome] ?? 'Your session is over.')
  }
}

/** @typedef {{ verdict: string }} Poll */

/** @type {Record<string, string>} */
const endings = {
  revoked: 'Your session was just ended, here or on another device.',
  expired: 'Your session is over: its time is up.',
}

/** @param {string} id */
function countdown(id) {
  const element = document.getElementById(id)
  return element === null ? undefined : new Countdown(element)
}

/** @param {Poll} poll */
function showPoll({ verdict }) {
  const place = document.getElementById('poll')
  const words = place?.querySelector('span')
  if (!place || !words) return
  words.textContent = verdict
  place.hidden = false
}

/** @param {string} text */
function say(text) {
  const message = document.createElement('p')
  message.className = 'message alarm'
  const link = document.createElement('a')
  link.href = window.location.href
  link.textContent = 'Go on'
  message.append(`${text} `, link)
  document.getElementById('messages')?.append(message)
}

/** Puts in how the request of this page has ended, which was not known when the page was written. */
async function completeTrace() {
  const place = document.getElementById('trace')
  const source = place?.getAttribute('data-source')
  if (!place || !source) return
  const response = await fetch(source)
  // The server escapes whatever is in it, and the page's policy lets no script of it run.
  if (response.ok) place.innerHTML = await response.text()
}

const address = document.querySelector('[data-status]')?.getAttribute('data-status')
if (address) {
  const clock = new SessionClock(address)
  const tick = () => clock.tick()
  setInterval(tick, 1000)
  document.addEventListener('visibilitychange', tick)
  tick()
}
completeTrace().catch(() => undefined)
