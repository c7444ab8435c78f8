import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { root, run, runAll } from './command.mjs'

const folder = join(root, '.scratch', 'package')

/** Packs what `npm publish` would send, and checks that archive rather than the folder it came from. */
export async function packAndCheck() {
  const packed = await pack()
  if (!packed.succeeded) return packed
  const checked = await runAll([
    ['publint', 'run', packed.tarball, '--strict'],
    ['attw', packed.tarball, '--no-emoji', '--no-color'],
  ])
  return { ...checked, tarball: packed.tarball }
}

async function pack() {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const result = await run([
    'npm',
    'pack',
    '--json',
    '--silent',
    '--ignore-scripts',
    '--pack-destination',
    folder,
  ])
  if (!result.succeeded) return result
  return { ...result, tarball: join(folder, packedName(result.output)) }
}

/** npm may print warnings before the list. Its archive's name is the only word in it that ends in .tgz. */
function packedName(output) {
  const name = /"filename":\s*"([^"]+\.tgz)"/.exec(output)?.[1]
  if (name === undefined) throw new Error(`Expected npm pack to name its archive, got: ${output}`)
  return name
}
