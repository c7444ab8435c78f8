import { describeObserved } from '../observed.mjs'

const traces = {
  compression: ['gzip'],
  'compression 1.7': ['gzip'],
  morgan: ['201 kept'],
  'response-time': ['timed'],
  'on-headers': ['201'],
}
const forms = ['object', 'reason and object', 'object with cookies']

const each = Object.keys(traces).flatMap(neighbour =>
  [true, false].flatMap(isBefore =>
    ['memory', 'late'].flatMap(store => forms.map(form => ({ neighbour, isBefore, store, form }))),
  ),
)

const cases = each.map(({ neighbour, isBefore, store, form }) => ({
  title: `${neighbour} ${isBefore ? 'before' : 'behind'} the session: a head given as ${form} arrives (${store} store)`,
  see: 'head',
  options: { neighbour, isBefore, store, form },
  expected: {
    status: 201,
    body: 'a page',
    names: form === 'object with cookies' ? ['connect.sid', 'own'] : ['connect.sid'],
    own: 'kept',
    type: 'text/plain',
    stray: [],
    traces: traces[neighbour],
    areLists: false,
    held: [{ user: 'ada' }],
  },
}))

describeObserved('on-headers 1.0', 'heads.js', cases)
