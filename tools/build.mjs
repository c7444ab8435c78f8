import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { root, run } from './command.mjs'

/** What an earlier build left behind would be published and tested, so the folder goes first. */
await rm(join(root, 'dist'), { recursive: true, force: true })

const { succeeded, output } = await run(['tsc', '-p', 'tsconfig.build.json'])
process.stdout.write(output)
process.exitCode = succeeded ? 0 : 1
