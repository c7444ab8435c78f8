import { Breach, hold } from './broken-promise.ts'
import type { KnownSession } from './known-session.ts'
import { absoluteMs } from './node.ts'
import { list } from './office.ts'
import { openRequest } from './opening.ts'
import { subjects } from './steps.ts'
import { plainMark } from './values.ts'
import { nodeCount, type World } from './world.ts'

/** The most promised ends that an audit checks. */
const mostLooks = 3

/** Checks the sessions after a story: first at rest, and then when every session must have expired. */
export async function audit(world: World): Promise<void> {
  await comeToRest(world)
  world.tell('at rest')
  world.isAuditing = true
  await openAll(world)
  await listAll(world)
  await waitForEnds(world)
  world.tell('when every session must be over')
  await world.bench.advance(absoluteMs + 1)
  await openAll(world)
  await listAll(world)
  world.guard(() => expectNothingReadable(world))
  await world.settle()
}

/** Lets every waiting call through, until none is left. */
async function comeToRest(world: World): Promise<void> {
  const { waiting } = world.store
  world.store.mishap = undefined
  for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
    await call.pass()
    await world.settle()
  }
  world.requests.clear()
}

/** Moves the time to a moment before each promised end in turn, and checks the sessions there. */
async function waitForEnds(world: World): Promise<void> {
  for (let look = 0; look < mostLooks; look += 1) {
    const now = world.bench.now()
    const ends = [...world.model.sessions.values()].map(({ livesUntil }) => livesUntil - 1 - now)
    const next = Math.min(...ends.filter(span => span > 0))
    if (next === Number.POSITIVE_INFINITY) return
    world.tell(`when another ${next} ms have passed`)
    await world.bench.advance(next)
    await openAll(world)
    await listAll(world)
  }
}

async function openAll(world: World): Promise<void> {
  const led = new Map<KnownSession, string>()
  for (const [cookie, session] of world.cookies) {
    for (let node = 0; node < nodeCount; node += 1) await openOnce(world, { cookie, session, node, led })
  }
}

interface Look {
  readonly cookie: string
  readonly session: KnownSession
  readonly node: number
  /** The id that each session had when it was opened with another cookie. */
  readonly led: Map<KnownSession, string>
}

async function openOnce(world: World, { cookie, session, node, led }: Look): Promise<void> {
  const coming = { node, cookie, browser: { cookie }, isForged: false, isPassive: true }
  const { visit } = openRequest(world, coming)
  await world.settle()
  if (visit.outcome !== 'found') return
  const id = String(visit.id)
  const other = led.get(session) ?? id
  world.guard(() => hold('oneSuccessor', id === other, () => `${session.name} has two ids that count.`))
  led.set(session, id)
}

async function listAll(world: World): Promise<void> {
  if (!world.hasSubjects) return
  for (const subject of subjects) list(world, 0, subject)
  await world.settle()
}

function expectNothingReadable({ store, model, settings }: World): void {
  const secrets = [...model.ids.keys()].flatMap(id => id.split('~'))
  if (settings.seal !== false) secrets.push(plainMark)
  for (const text of store.handed) {
    if (secrets.some(secret => text.includes(secret))) {
      throw new Breach('uselessDump', 'An id, or the text of sealed data, is among it.')
    }
  }
}
