import type { SessionRecord } from './store.ts'

/** Whose session it is, since when, from where and under which id: a record without its times and data. */
export type Standing = Pick<
  SessionRecord,
  'subject' | 'authenticatedAt' | 'epoch' | 'device' | 'rotation'
> & {
  /** When the session began; undefined for one that begins when it is first stored. */
  readonly createdAt: number | undefined
}

/** The standing of an anonymous session. */
export const anonymous: Standing = {
  createdAt: undefined,
  subject: undefined,
  authenticatedAt: undefined,
  epoch: 0,
  device: undefined,
  rotation: undefined,
}
