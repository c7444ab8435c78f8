import type { Duration } from '../time/duration.ts'

/** Timeouts that belong together. */
export interface Preset {
  /** @default the cookie's `maxAge` */
  readonly idle?: Duration
  readonly absolute?: Duration
  readonly touchEvery?: Duration
}

/** The assurance levels of NIST that have timeouts of their own. */
export type PresetName = 'nist-aal1' | 'nist-aal2' | 'nist-aal3'

/**
 * The timeouts that NIST requires for its three assurance levels. The subject must sign in again after 30 days,
 * 24 hours or 12 hours. At the upper two levels, one hour or 15 minutes without activity end the session as well.
 *
 * `idle` is shorter by `touchEvery`, because a session can live longer than `idle` by up to that span.
 *
 * @see NIST SP 800-63B-4 (2025), sections 2.1.3, 2.2.3 and 2.3.3
 */
export const presets: { readonly [name in PresetName]: Preset } = {
  'nist-aal1': { absolute: '30d' },
  'nist-aal2': { idle: '59m', absolute: '24h', touchEvery: '1m' },
  'nist-aal3': { idle: '14m', absolute: '12h', touchEvery: '1m' },
}

export const presetNames: readonly PresetName[] = ['nist-aal1', 'nist-aal2', 'nist-aal3']
