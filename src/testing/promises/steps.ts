import { destroy, regenerate, signIn, signOut } from './ending.ts'
import type { KnownSession } from './known-session.ts'
import { end, endAll, find, list } from './office.ts'
import { openRequest } from './opening.ts'
import { commit, rotate, save, update } from './storing.ts'
import type { Step, StepName } from './story.ts'
import type { UnderWay } from './under-way.ts'
import { differences, names, numbered, valuesIn } from './values.ts'
import { nodeCount, type World } from './world.ts'

/** The people who sign in. */
export const subjects: readonly string[] = ['ada', 'bob']
/** The most requests that are under way at one time. */
const mostRequests = 6
/** The core's default deadline for a store call. */
const deadlineMs = 5000
const spans: readonly number[] = [
  1000, 4000, 9000, 15_000, 60_000, 60_000, 180_000, 180_000, 400_000, 660_000,
]

/** Takes a step if it can be taken. Answers whether it was. */
type Do = (world: World, step: Step) => boolean | Promise<boolean>

/** Takes one step. Answers undefined, and does nothing, when the step cannot be taken. */
export async function takeStep(world: World, step: Step): Promise<true | undefined> {
  const line = world.trace.length
  world.tell(step.name)
  const isDone = await actions[step.name](world, step)
  if (isDone) return true
  world.trace.splice(line, 1)
  return undefined
}

const actions: { readonly [name in StepName]: Do } = {
  open: comeIn,
  write: (world, step) => withSession(world, step, request => write(world, request, step.how)),
  remove: (world, step) => withSession(world, step, request => remove(world, request, step.how)),
  commit: (world, step) => withRequest(world, step, request => commit(world, request)),
  save: (world, step) => withSession(world, step, request => save(world, request)),
  update: (world, step) => withSession(world, step, request => update(world, request)),
  rotate: (world, step) =>
    withSession(world, step, request => hasNothingToStore(request) && rotate(world, request)),
  destroy: (world, step) => withSession(world, step, request => destroy(world, request)),
  regenerate: (world, step) => withSession(world, step, request => regenerate(world, request)),
  signOut: (world, step) => withSession(world, step, request => signOut(world, request)),
  signIn: (world, step) =>
    world.hasSubjects &&
    withSession(world, step, request =>
      signIn(world, request, { subject: oneOf(subjects, step.how), keepsSome: step.how % 3 === 0 }),
    ),
  drop: (world, step) => withRequest(world, step, request => drop(world, request)),
  end: (world, step) => withKnown(world, step, session => end(world, nodeOf(step), session)),
  find: (world, step) => withKnown(world, step, session => find(world, nodeOf(step), session)),
  list: (world, step) => withSubject(world, step, subject => list(world, nodeOf(step), subject)),
  endAll: (world, step) => withSubject(world, step, subject => endAll(world, nodeOf(step), { subject })),
  endOthers: (world, step) =>
    withKnown(world, step, except => {
      const { subject } = except.signIn ?? {}
      if (subject !== undefined) endAll(world, nodeOf(step), { subject, except })
    }),
  wait: (world, { how }) => wait(world, oneOf(spans, how)),
  crash: async (world, step) => {
    const node = nodeOf(step)
    world.mishaps += 1
    world.tell(`   of process ${node}`)
    await world.restart(node, call => ((step.how >> (call % 6)) & 1) === 1)
    for (const request of world.requests) if (request.node === node) drop(world, request)
    return true
  },
  fail: (world, step) => spoil(world, step, 'fail'),
  lose: (world, step) => spoil(world, step, 'lose'),
  act: (world, step) => withCall(world, step, call => call.act(world.bench.now())),
  pass: (world, step) => withCall(world, step, call => letPass(world, call)),
}

function comeIn(world: World, { who, how }: Step): boolean {
  const browser = world.browsers[who % world.browsers.length]
  if (browser === undefined || world.requests.size >= mostRequests) return false
  const isForged = how === 0 && browser.cookie !== undefined
  const isLate = how % 8 === 1 && world.cookies.size > 0
  const cookie = isLate ? oneOf([...world.cookies.keys()], who) : browser.cookie
  const node = Math.floor(who / world.browsers.length) % nodeCount
  const given = isForged && cookie !== undefined ? forged(cookie) : cookie
  openRequest(world, { node, browser, cookie: given, isForged, isPassive: how % 5 === 0 })
  return true
}

/** The same cookie with another last character, so that its signature is wrong. */
function forged(cookie: string): string {
  return `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`
}

function write(world: World, { name, visit }: UnderWay, how: number): void {
  const { session } = visit
  const number = world.nextNumber()
  if (session !== undefined) session[oneOf(names, how)] = numbered(number, world.settings.codec)
  world.tell(`   ${name} writes ${oneOf(names, how)} ${number}`)
}

function remove(world: World, { name, visit }: UnderWay, how: number): void {
  const { session } = visit
  if (session !== undefined) delete session[oneOf(names, how)]
  world.tell(`   ${name} removes ${oneOf(names, how)}`)
}

/** The visitor leaves, and nothing waits for the answer. */
function drop(world: World, request: UnderWay): void {
  world.requests.delete(request)
  request.settle(world.timeline.next())
  world.tell(`   ${request.name} is abandoned`)
}

/**
 * Lets time pass. It first answers the calls that took effect so long ago that they would miss the deadline, because
 * then the core ignores the answer. So no request gets an answer older than the deadline.
 */
async function wait(world: World, spanMs: number): Promise<true> {
  const latest = world.bench.now() + spanMs - deadlineMs
  for (const call of world.store.waiting.filter(({ actedAt = latest }) => actedAt < latest)) {
    await letPass(world, call)
    await world.settle()
  }
  world.tell(`   ${spanMs} ms pass`)
  await world.bench.advance(spanMs)
  return true
}

type StoreCallOf = World['store']['waiting'][number]

async function letPass(world: World, call: StoreCallOf): Promise<void> {
  const { waiting } = world.store
  waiting.splice(waiting.indexOf(call), 1)
  world.tell(`   ${call.operation.name}: ${call.verb}`)
  await call.pass()
}

/** Makes a call fail: a waiting one, or the next one where the store answers at once. */
async function spoil(world: World, step: Step, mishap: 'fail' | 'lose'): Promise<boolean> {
  const { store } = world
  world.mishaps += 1
  const isSpoilt = await withCall(world, step, async call => {
    store.waiting.splice(store.waiting.indexOf(call), 1)
    world.tell(`   ${call.operation.name}: ${call.verb}`)
    if (mishap === 'lose') await call.act(world.bench.now())
    call.fail()
  })
  if (isSpoilt || store.traits.readsAtOnce !== true) return isSpoilt
  store.mishap = mishap
  return true
}

async function withCall(
  { store }: World,
  { who }: Step,
  work: (call: StoreCallOf) => Promise<void>,
): Promise<boolean> {
  const call = store.waiting[who % Math.max(1, store.waiting.length)]
  if (call === undefined) return false
  await work(call)
  return true
}

function withRequest(world: World, { who }: Step, work: (request: UnderWay) => void): boolean {
  const idle = [...world.requests].filter(({ isIdle }) => isIdle)
  const request = idle[who % Math.max(1, idle.length)]
  if (request === undefined) return false
  world.tell(`   by ${request.name}`)
  work(request)
  return true
}

function withSession(world: World, { who }: Step, work: (request: UnderWay) => unknown): boolean {
  const able = [...world.requests].filter(({ isIdle, view }) => isIdle && view !== undefined)
  const request = able[who % Math.max(1, able.length)]
  if (request === undefined) return false
  return work(request) !== false
}

/** A rotation may find that another request has rotated, and then stores no data. So it is only played without changes. */
function hasNothingToStore({ base, visit }: UnderWay): boolean {
  const { session } = visit
  return session !== undefined && differences(base, valuesIn(session)).size === 0
}

function withKnown(world: World, { who }: Step, work: (session: KnownSession) => void): boolean {
  const known = [...world.model.sessions.values()].filter(({ storedAt }) => storedAt !== undefined)
  // The latest ones are the most likely to be live.
  const session = known.at(-1 - (who % Math.max(1, Math.min(4, known.length))))
  if (session === undefined) return false
  work(session)
  return true
}

function withSubject(world: World, { who }: Step, work: (subject: string) => void): boolean {
  if (!world.hasSubjects) return false
  work(oneOf(subjects, who))
  return true
}

function nodeOf({ how }: Step): number {
  return how % nodeCount
}

function oneOf<Thing>(things: readonly Thing[], index: number): Thing {
  const thing = things[index % Math.max(1, things.length)]
  if (thing === undefined) throw new RangeError('Expected something to choose from.')
  return thing
}
