/**
 * A node-redis 5 client as far as connect-redis 9 can see: it keeps strings in memory, answers a turn later
 * as a network would, and writes down every command that it was sent.
 */
export function recordingRedis() {
  const kept = new Map()
  const sent = []
  const command =
    (name, run) =>
    async (...parameters) => {
      sent.push([name, ...structuredClone(parameters)])
      await new Promise(setImmediate)
      return run(...parameters)
    }
  return { ...commandsOn(kept, command), recording: recordingOf(kept, sent) }
}

function commandsOn(kept, command) {
  return {
    get: command('GET', key => kept.get(key) ?? null),
    set: command('SET', (key, value) => kept.set(key, value) && 'OK'),
    expire: command('EXPIRE', key => (kept.has(key) ? 1 : 0)),
    del: command('DEL', keys => keys.filter(key => kept.delete(key)).length),
  }
}

function recordingOf(kept, sent) {
  const records = () => [...kept].map(([key, payload]) => ({ key, payload }))
  return { records, commands: () => sent.splice(0) }
}
