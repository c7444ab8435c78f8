import type { CookieSigner } from '../cookies/cookie-signer.ts'
import { RingSigner } from '../cookies/ring-signer.ts'
import { Signer } from '../cookies/secret-signer.ts'
import { KeyRing } from '../keys/key-ring.ts'
import type { Policy } from '../policy/options.ts'

/** The signer of cookies. With `keys`, it also reads cookies of `secret`, until `legacyUntil`. */
export function signerOf(policy: Policy): CookieSigner {
  const signer = new Signer(policy.secrets)
  if (policy.ring === undefined) return signer
  return new RingSigner(policy.ring, { cookieName: policy.cookies.name, legacy: legacyOf(policy, signer) })
}

/** The keys for data. With `keys`, data that `secret` has encrypted stays readable as long as its cookies are valid. */
export function keysOf(policy: Policy): KeyRing {
  const plain = KeyRing.ofSecrets(policy.secrets, policy.deadline.clock)
  return policy.ring?.alsoReading(legacyOf(policy, plain)) ?? plain
}

/** Returns the reader for cookies and data of `secret`, until `legacyUntil`. After that, it returns undefined. */
function legacyOf<Reader>(policy: Policy, reader: Reader): () => Reader | undefined {
  const { legacyUntil = Number.POSITIVE_INFINITY, deadline } = policy
  return () => (deadline.clock.now() < legacyUntil ? reader : undefined)
}
