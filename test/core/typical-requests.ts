import type { SessionsOptions } from '../../src/core/policy/options.ts'
import type { Sessions } from '../../src/core/sessions.ts'
import type { FakeClock } from '../../src/testing/fake-clock.ts'
import { type Anything, minute, type TestSession, type TestVisit, Visitor } from './stage.ts'

/** A manager whose store notes its calls. */
export interface CountingStage {
  readonly sessions: Sessions<Anything>
  readonly clock: FakeClock
  /** Forgets the noted calls, because the request to measure begins. */
  begin(): void
  /** Runs something that belongs to another request, without noting its calls. */
  beside(work: () => Promise<unknown>): Promise<void>
}

/** A request to measure, with the requests that come before it. */
export interface TypicalRequest {
  /** Its store calls, in order. A plus stands between two that run at the same time, a comma for a round trip. */
  readonly calls: string
  /**
   * The keys on a server of Redis to which it sends commands: `s` for a session, `e` for the epoch of a subject, `u` for
   * the list of a subject. A space is a wait for the answers; nobody waits for what is in brackets.
   */
  readonly commands: string
  readonly options?: Pick<SessionsOptions, 'rotateEvery' | 'maxPerSubject'>
  make(at: CountingStage): Promise<unknown>
}

/** Typical requests of an application, each from `open` to `commit`. */
export const typicalRequests: { readonly [name: string]: TypicalRequest } = {
  'a stranger comes and leaves nothing': {
    calls: '',
    commands: '',
    make: at => measured(at, new Visitor(at.sessions, undefined), () => undefined),
  },
  'a stranger leaves something': {
    calls: 'create',
    commands: 's',
    make: at => measured(at, new Visitor(at.sessions, undefined), write),
  },
  'a visitor without a sign-in reads': {
    calls: 'load',
    commands: 's',
    make: async at => measured(at, await known(at), () => undefined),
  },
  'a signed-in visitor reads': {
    calls: 'load',
    commands: 's',
    make: async at => measured(at, await signedIn(at), () => undefined),
  },
  'a signed-in visitor reads, and activity is due': {
    calls: 'load, touch',
    commands: 's su',
    make: async at => measured(at, await signedIn(at, 2 * minute), () => undefined),
  },
  'a signed-in visitor reads, and a new id is due': {
    calls: 'load, replace',
    commands: 's us',
    options: { rotateEvery: '5m' },
    make: async at => measured(at, await signedIn(at, 5 * minute), () => undefined),
  },
  'a signed-in visitor writes': {
    calls: 'load, replace',
    commands: 's us',
    make: async at => measured(at, await signedIn(at), write),
  },
  'a signed-in visitor writes, and another request was quicker': {
    calls: 'load, replace, replace',
    commands: 's us us',
    async make(at) {
      const visitor = await signedIn(at)
      await measured(at, visitor, async session => {
        await at.beside(() => visitor.request(other => void (other['other'] = 1)))
        write(session)
      })
    },
  },
  'a signed-in visitor counts with update': {
    calls: 'load, replace',
    commands: 's us',
    make: async at => measured(at, await signedIn(at), session => session.update(write)),
  },
  'a stranger signs in': {
    calls: 'epoch, create, load',
    commands: 'e us s',
    make: at => measured(at, new Visitor(at.sessions, undefined), session => session.signIn('ada')),
  },
  'a visitor with a session signs in': {
    calls: 'load, epoch + delete, create, load',
    commands: 's es us s',
    make: async at => measured(at, await known(at), session => session.signIn('ada')),
  },
  'a visitor with a session signs in, and data goes over': {
    calls: 'load, epoch + replace, create, load',
    commands: 's es us s',
    make: async at => measured(at, await known(at), session => session.signIn('ada', { keep: ['user'] })),
  },
  'a visitor brings a new id for the first time': {
    calls: 'load, replace',
    commands: 's s',
    async make(at) {
      const ada = await known(at)
      await ada.request(session => session.rotate())
      return measured(at, ada, () => undefined)
    },
  },
  'a visitor signs in where the number of sessions is limited': {
    calls: 'load, list + delete, create, list',
    commands: 's us us u',
    options: { maxPerSubject: 5 },
    make: async at => measured(at, await known(at), session => session.signIn('ada')),
  },
  'a signed-in visitor signs out': {
    calls: 'load, delete',
    commands: 's s(u)',
    make: async at => measured(at, await signedIn(at), session => session.signOut()),
  },
  'a signed-in visitor destroys the session': {
    calls: 'load, delete',
    commands: 's s(u)',
    make: async at => measured(at, await signedIn(at), session => session.destroy()),
  },
  'a visitor regenerates the session': {
    calls: 'load, delete, create',
    commands: 's s s',
    make: async at => measured(at, await known(at), session => session.regenerate()),
  },
  'a signed-in visitor lists their sessions': {
    calls: 'load, list',
    commands: 's u',
    make: async at => measured(at, await signedIn(at), () => at.sessions.of('ada').list()),
  },
  'a signed-in visitor ends the other session': {
    calls: 'load, load, exchange, end',
    commands: 's s e u',
    async make(at) {
      await signedIn(at)
      await measured(at, await signedIn(at), session => at.sessions.of('ada').endOthers(session))
    },
  },
  'a signed-in visitor ends all sessions': {
    calls: 'load, exchange, end',
    commands: 's e u',
    make: async at => measured(at, await signedIn(at), () => at.sessions.of('ada').endAll()),
  },
}

function write(session: TestSession): void {
  session['written'] = 1
}

async function known(at: CountingStage): Promise<Visitor> {
  const visitor = new Visitor(at.sessions, undefined)
  await visitor.request(session => void (session['before'] = 1))
  return visitor
}

/** A visitor who signed in this long ago. */
async function signedIn(at: CountingStage, agoMs = 0): Promise<Visitor> {
  const visitor = new Visitor(at.sessions, undefined)
  await visitor.request(session => session.signIn('ada'))
  at.clock.jump(agoMs + 1)
  return visitor
}

function measured(
  at: CountingStage,
  visitor: Visitor,
  route: (session: TestSession) => unknown,
): Promise<TestVisit> {
  at.begin()
  return visitor.request(route)
}
