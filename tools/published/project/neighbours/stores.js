import { setTimeout as pause } from 'node:timers/promises'
import session from 'express-session'

/**
 * A store for express-session that answers some milliseconds later, can fail, and can be made to wait at a gate.
 * It emits `asked <verb>` when it is asked for something.
 */
export class LateStore extends session.Store {
  records = new Map()
  /** The verbs that fail. */
  failing = new Set()
  #gate = pause(0)

  /** Lets every answer wait until the function that this answers is called. */
  close() {
    let open
    this.#gate = new Promise(resolve => {
      open = resolve
    })
    return open
  }

  get(id, callback) {
    void this.#answer('get', callback, () => JSON.parse(this.records.get(id) ?? 'null'))
  }

  set(id, data, callback) {
    const text = JSON.stringify(data)
    void this.#answer('set', callback, () => void this.records.set(id, text))
  }

  touch(id, data, callback) {
    void this.#answer('touch', callback, () => this.#moveEnd(id, data.cookie))
  }

  destroy(id, callback) {
    void this.#answer('destroy', callback, () => void this.records.delete(id))
  }

  all(callback) {
    callback(
      undefined,
      [...this.records.values()].map(text => JSON.parse(text)),
    )
  }

  #moveEnd(id, cookie) {
    const text = this.records.get(id)
    if (text !== undefined) this.records.set(id, JSON.stringify({ ...JSON.parse(text), cookie }))
  }

  async #answer(verb, callback, work) {
    const isFailing = this.failing.has(verb)
    this.emit(`asked ${verb}`)
    await pause(3)
    await this.#gate
    if (isFailing) callback?.(new Error(`${verb} failed`))
    else callback?.(undefined, work())
  }
}

/**
 * A session's middleware on the store of that name: the one that the package has by itself, or a late one.
 * `held()` answers what it holds.
 */
export function openSession(name = 'memory', options = {}) {
  const store = name === 'late' ? new LateStore() : undefined
  const use = session({
    secret: 'a secret of thirty-two bytes and more',
    resave: false,
    saveUninitialized: false,
    store,
    ...options,
  })
  let seenStore = store
  const middleware = (request, response, next) =>
    use(request, response, error => {
      seenStore ??= request.sessionStore
      next(error)
    })
  return { middleware, store, held: () => heldBy(seenStore) }
}

/** The data of all sessions, without their cookies. */
function heldBy(store) {
  if (store === undefined) return []
  return new Promise((resolve, reject) => {
    store.all((error, sessions) => {
      if (error) reject(error)
      else resolve(Object.values(sessions).map(({ cookie: _cookie, ...data }) => data))
    })
  })
}
