import type { Aftermath } from './aftermath.ts'

/** What a fault has left on one store. */
export interface Measured {
  readonly store: string
  readonly fault: string
  readonly aftermath: Aftermath
  /** How often the fault has come, where it is known to break promises now and then; undefined where it must not. */
  readonly times?: number
}

type Case = keyof Aftermath

/** The promises that a fault can break, and what counts the cases. */
const promises: readonly (readonly [promise: string, counted: Case])[] = [
  ['P1 logout sticks', 'cameBack'],
  ['P2 no update is lost', 'lostUpdates'],
  ['nobody is signed out', 'lostSessions'],
  ['P6 a failure is told as one', 'falseAnswers'],
  ['P8 the list is who is signed in', 'wrongLists'],
]
/** Stands where the fault has led to nothing that the promise is about, as to no failure. */
const unmeasured = 'not measured'
const beginning = '<!-- guarantees: npm run guarantees -->'
const end = '<!-- end of guarantees -->'

/** Writes the table, a row for each fault and promise, a column for each store. */
export function tableOf(measured: readonly Measured[]): string {
  const stores = [...new Set(measured.map(({ store }) => store))]
  const faults = [...new Set(measured.map(({ fault }) => fault))]
  const rows = faults.flatMap(fault =>
    promises.map(([promise, counted], index) => {
      const cells = stores.map(store => cellOf(measured, { store, fault, counted }))
      return [index === 0 ? `**${fault}**` : '', promise, ...cells]
    }),
  )
  const head = [['when', 'promise', ...stores], ['', '', ...stores].map(() => '---')]
  return [...head, ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

interface Place {
  readonly store: string
  readonly fault: string
  readonly counted: Case
}

function cellOf(measured: readonly Measured[], { store, fault, counted }: Place): string {
  const found = measured.find(each => each.store === store && each.fault === fault)
  if (found === undefined) return 'cannot happen'
  const { cases, of, windowMs } = found.aftermath[counted]
  if (of === 0) return unmeasured
  if (isAboutWhatIsLeft(counted) && isEmpty(found.aftermath)) return 'no session is left'
  if (cases === 0) return found.times === undefined ? 'kept' : `not broken in ${found.times} times`
  if (cases >= of) return 'not kept'
  const share = `broken in ${percentage(cases / of)}`
  return windowMs === undefined ? share : `${share}: the last ${windowMs} ms`
}

/** Whether a store keeps the promise by itself when it has lost everything: nobody comes back, and nobody is listed. */
function isAboutWhatIsLeft(counted: Case): boolean {
  return counted === 'cameBack' || counted === 'wrongLists'
}

function isEmpty({ lostSessions: { cases, of } }: Aftermath): boolean {
  return of > 0 && cases >= of
}

/** Rounded up to two figures, because a window is at least as large as it is said to be. */
function percentage(share: number): string {
  const unit = 10 ** (Math.floor(Math.log10(100 * share)) - 1)
  return `${Number((Math.ceil((100 * share) / unit) * unit).toPrecision(2))} %`
}

/** Puts the table into the page, between its two marks. */
export function withTable(page: string, table: string): string {
  const [before, after] = [page.indexOf(beginning), page.indexOf(end)]
  if (before === -1 || after === -1)
    throw new Error(`Expected the marks ${beginning} and ${end} in the page.`)
  return `${page.slice(0, before)}${beginning}\n${table}\n${page.slice(after)}`
}

/** Lists what the page says more than was measured. What was not met this time is none of it. */
export function overstatedIn(page: string, measured: readonly Measured[]): readonly string[] {
  const written = cellsIn(page)
  const found = cellsIn(withTable(`${beginning}${end}`, tableOf(measured)))
  return [...found].flatMap(([place, cell]) => {
    const said = written.get(place) ?? 'nothing'
    return isFair(said, cell) ? [] : [`${place}: the page says '${said}', and it is '${cell}'`]
  })
}

function isFair(said: string, found: string): boolean {
  if (said === found || found === unmeasured) return true
  return said === unmeasured ? found === 'kept' : said.startsWith('broken') && found !== 'not kept'
}

/** Each cell of the page's table, by its fault, promise and store. */
function cellsIn(page: string): ReadonlyMap<string, string> {
  const table = page.slice(page.indexOf(beginning) + beginning.length, page.indexOf(end)).trim()
  const [head = [], , ...rows] = table.split('\n').map(row => row.split('|').map(cell => cell.trim()))
  const cells = new Map<string, string>()
  let fault = ''
  for (const row of rows) {
    fault = row[1] || fault
    for (const [column, store] of head.entries()) {
      if (column > 2 && store !== '') cells.set(`${fault}, ${row[2]}, ${store}`, row[column] ?? '')
    }
  }
  return cells
}
