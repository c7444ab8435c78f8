import { describeObserved } from '../observed.mjs'

const wrappers = ['serverless-http', '@codegenie/serverless-express', '@vendia/serverless-express']
const kinds = wrappers.flatMap(wrapper => [4, 5].map(express => ({ wrapper, express })))
const late = kinds.map(kind => ({ ...kind, store: 'late' }))
const named = ({ wrapper, express, store }) => `${wrapper}, Express ${express}, ${store} store`

const signIns = [
  ...late.map(kind => ({ ...kind, form: 1 })),
  ...late.map(kind => ({ ...kind, form: 2 })),
  ...kinds.map(kind => ({ ...kind, store: 'memory', form: 1 })),
].map(options => ({
  title: `a first sign-in has its body and each cookie (${named(options)}, event ${options.form})`,
  see: 'signIn',
  options,
  expected: {
    first: { status: 201, body: '{"user":"ada"}', names: ['connect.sid', 'own'] },
    second: { status: 200, body: '{"user":"ada"}' },
    held: [{ user: 'ada' }],
  },
}))

const redirects = late.map(options => ({
  title: `a redirect has its location and the cookie (${named(options)})`,
  see: 'redirect',
  options,
  expected: { status: 302, location: '/who', names: ['connect.sid'] },
}))

// express-session sends the answer as written, and its cookie names nothing.
const failures = late.map(options => ({
  title: `a sign-in that cannot be stored is an error response without the session's cookie (${named(options)})`,
  see: 'failedSave',
  options,
  ours: true,
  expected: { status: 503, body: '"no"', names: ['own'] },
}))

describeObserved('Lambda', 'lambda.js', [...signIns, ...redirects, ...failures])
