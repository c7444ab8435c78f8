import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** A key and a certificate that nobody trusts, for one run. */
export interface KeyPair {
  readonly key: string
  readonly cert: string
}

const recipe = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
let made: Promise<KeyPair> | undefined

/** Made once a run by `openssl`, so that no private key lies in the repository and none ever runs out. */
export function certificate(): Promise<KeyPair> {
  made ??= make()
  return made
}

async function make(): Promise<KeyPair> {
  const { stdout } = await promisify(execFile)('openssl', [
    ...recipe,
    ...['-keyout', '-', '-out', '-', '-subj', '/CN=localhost', '-days', '1'],
  ])
  return { key: block(stdout, 'PRIVATE KEY'), cert: block(stdout, 'CERTIFICATE') }
}

function block(pem: string, name: string): string {
  const found = new RegExp(`-----BEGIN ${name}-----[^-]+-----END ${name}-----`).exec(pem)
  if (found === null) throw new Error(`openssl printed no ${name}.`)
  return `${found[0]}\n`
}
