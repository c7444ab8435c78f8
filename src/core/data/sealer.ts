import { type CipherSetting, decrypt, encrypt } from '../keys/cipher.ts'
import { deriveKey } from '../keys/derived-key.ts'
import { encodeFields, type Field } from '../keys/field-encoding.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { MasterKey } from '../keys/master-key.ts'
import type { EncodedData } from '../record/store.ts'
import { SojournError } from '../report/errors.ts'
import {
  beginEnvelope,
  type EnvelopeHead,
  formatEnvelope,
  parseEnvelope,
  type SealMode,
  versions,
} from './envelope.ts'

/** The record that a text belongs to. All of it except the id is authenticated: the text cannot be opened elsewhere. */
export interface SealContext {
  /** The visitor's id; undefined if there is no visitor, as in a list. */
  readonly id: string | undefined
  /** The record's key. */
  readonly key: string
  /** The record's version. */
  readonly version: number
  readonly cookieName: string
  /** Further unencrypted fields of the record, always in the same order. */
  readonly bound: readonly Field[]
}

/** A decrypted and authenticated text. */
export interface Opened {
  readonly text: string
  /** Whether it should be sealed again: another key writes by now, or another mode is configured. */
  readonly isResealDue: boolean
}

/**
 * Why nothing was opened. 'unreadable': the key is unknown, revoked or past its `notAfter`. That is no fault of the
 * record, so it must not be removed. 'tampered': the data is no envelope, or does not authenticate. 'needs-visitor': the
 * visitor's id is necessary and was not given.
 */
export type SealRefusal = 'unreadable' | 'tampered' | 'needs-visitor'

const purpose = 'enc'
const dataInfo = 'sojourn/v1/data'

/**
 * Encrypts and decrypts the data of records, by AES-256-GCM with a derived key for each session or for each write.
 *
 * The envelope names the master key, and no other is tried.
 */
export class Sealer {
  readonly #ring: KeyRing
  readonly #mode: SealMode

  constructor(ring: KeyRing, mode: SealMode) {
    this.#ring = ring
    this.#mode = mode
  }

  /**
   * Encrypts a text with the ring's current key. Each call gives a different result.
   *
   * @throws SojournError `OPTION_INVALID` if no key is usable any more, or if the mode is 'visitor' and there is no id:
   * it never falls back to the weaker mode.
   */
  seal(plain: string, context: SealContext): Uint8Array {
    const key = this.#ring.current
    const head = beginEnvelope(this.#mode, key.id)
    const setting = settingOf(head, key, context)
    if (setting === undefined)
      throw new SojournError(
        'OPTION_INVALID',
        "Expected the visitor's id to seal data for the visitor, got undefined.",
      )
    return formatEnvelope({ ...head, encrypted: encrypt(plain, setting) })
  }

  /**
   * Decrypts a result of `seal` for the same context, in any mode. It never throws, whatever the bytes are. Plain text
   * counts as tampered, because `seal` never returns any.
   */
  open(sealed: EncodedData, context: SealContext): Opened | SealRefusal {
    const envelope = typeof sealed === 'string' ? undefined : parseEnvelope(sealed)
    if (envelope === undefined) return 'tampered'
    const key = this.#ring.find(envelope.keyId)
    if (key === undefined) return 'unreadable'
    const setting = settingOf(envelope, key, context)
    if (setting === undefined) return 'needs-visitor'
    const text = decrypt(envelope.encrypted, setting)
    if (text === undefined) return 'tampered'
    return { text, isResealDue: envelope.mode !== this.#mode || key !== this.#ring.findCurrent() }
  }
}

/** The cipher's parameters for an envelope; undefined if it needs the visitor's id and there is none. */
function settingOf(head: EnvelopeHead, key: MasterKey, context: SealContext): CipherSetting | undefined {
  const dataKey = dataKeyOf(head, key, context.id)
  const inClear = [context.key, context.cookieName, context.version, ...context.bound]
  const fields = encodeFields([versions[head.mode], head.keyId, ...inClear])
  return dataKey && { key: dataKey, nonce: head.nonce, fields }
}

function dataKeyOf({ mode, salt }: EnvelopeHead, key: MasterKey, id: string | undefined): Buffer | undefined {
  if (mode === 'server') return deriveKey(key.derive(purpose), salt, dataInfo)
  return id === undefined ? undefined : deriveKey(id, key.derive(purpose), dataInfo)
}
