import { describe, test } from 'vitest'

/** Something real that tests need and that not every machine has, such as a browser or a database. */
export interface Service<Found> {
  readonly name: string
  /** What leads to it, such as a path or an address; undefined where it is not there. */
  readonly found: Found | undefined
  /** How to get it, for whoever reads that its tests were skipped. */
  readonly advice: string
}

/** What becomes of the tests of a service. */
export type Plan = 'run' | 'skip' | 'fail'

/** Tests that cannot run are skipped, but never where somebody relies on them. */
export function planFor(service: Service<unknown>, environment: NodeJS.ProcessEnv = process.env): Plan {
  if (service.found !== undefined) return 'run'
  return environment['CI'] === 'true' ? 'fail' : 'skip'
}

/** Describes tests that need a service. Where it is missing that is said out loud, and is a failure with `CI=true`. */
export function describeWith<Found>(
  service: Service<Found>,
  title: string,
  body: (found: Found) => void,
): void {
  const { found, name, advice } = service
  if (found !== undefined) {
    describe(title, () => body(found))
    return
  }
  const missing = `${title}: ${name} is missing, ${advice}`
  if (planFor(service) === 'skip') skipOutLoud(missing)
  else
    test(missing, () => {
      throw new Error(`Expected ${name} to be there, because CI=true. To get it: ${advice}.`)
    })
}

function skipOutLoud(missing: string): void {
  // The reporter names skipped tests only when it is asked to.
  process.stderr.write(`SKIPPED ${missing}\n`)
  test.skip(missing, () => undefined)
}
