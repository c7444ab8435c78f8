import { describeWith } from '../service.ts'

/** The URL of the replica set for the tests. `.ci/run` and the workflow set it. */
export const mongodbUrl: string | undefined = process.env['MONGODB_URL']

/** Describes tests that need a replica set of MongoDB. */
export function describeMongodb(title: string, tell: (url: string) => void): void {
  const advice = 'set MONGODB_URL to a replica set'
  describeWith({ name: 'MONGODB_URL', found: mongodbUrl, advice }, title, () => tell(mongodbUrl ?? ''))
}
