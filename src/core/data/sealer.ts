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

/** What a sealed text belongs to. All of it but the id is authenticated, so that it opens nowhere else. */
export interface SealContext {
  /** The visitor's id; undefined where only the server reads. */
  readonly id: string | undefined
  /** The record's key. */
  readonly key: string
  /** The record's version. */
  readonly version: number
  readonly cookieName: string
  /** Further fields of the record that are kept in clear, always in the same order. */
  readonly bound: readonly Field[]
}

/** A text that was sealed here, and belongs where it was found. */
export interface Opened {
  readonly text: string
  /** Whether the next write makes it better: another key writes by now, or another mode is configured. */
  readonly isResealDue: boolean
}

/**
 * Why nothing was opened. 'unreadable': its key is unknown, revoked or over, which says nothing against the
 * record, and nobody may remove it for that. 'tampered': it is no envelope, or it does not authenticate.
 * 'needs-visitor': only the visitor's own id opens it, and none was given.
 */
export type SealRefusal = 'unreadable' | 'tampered' | 'needs-visitor'

const purpose = 'enc'
const dataInfo = 'sojourn/v1/data'

/**
 * Seals what a record holds, by AES-256-GCM under a key for each session or for each write, and opens it again.
 *
 * The envelope names the key, and no other is tried; what does not authenticate is not opened in any other way.
 */
export class Sealer {
  readonly #ring: KeyRing
  readonly #mode: SealMode

  constructor(ring: KeyRing, mode: SealMode) {
    this.#ring = ring
    this.#mode = mode
  }

  /**
   * Seals a text with the ring's current key, unlike every time before.
   *
   * @throws SojournError `OPTION_INVALID` when no key may write any more, or when the mode is 'visitor' and there
   * is no id: the text is then not sealed in a weaker way.
   */
  seal(plain: string, context: SealContext): Uint8Array {
    const key = this.#ring.current
    const head = beginEnvelope(this.#mode, key.id)
    const setting = settingOf(head, key, context)
    if (setting === undefined)
      throw new SojournError(
        'OPTION_INVALID',
        "Expected the visitor's id, without which nothing can be sealed for the visitor alone, got undefined.",
      )
    return formatEnvelope({ ...head, encrypted: encrypt(plain, setting) })
  }

  /**
   * Opens what `seal` has made for the same context, in whichever mode. Whatever the bytes are, the answer is no
   * exception. Text was never sealed, and so has been tampered with.
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

/** What encrypts an envelope; undefined for one that only the visitor's id opens, and there is none. */
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
