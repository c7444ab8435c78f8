import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { root, run } from './command.mjs'

/** Node 20 runs no TypeScript, so the sources and the program that plays the stories are compiled first. */
const built = join(root, '.scratch', 'model')
const program = join(built, 'test', 'support', 'model', 'program.js')

await rm(built, { recursive: true, force: true })
const options = ['--noEmit', 'false', '--noCheck', '--rootDir', root, '--outDir', built]
const { succeeded, output } = await run(['tsc', '-p', 'tsconfig.json', ...options])
if (succeeded) {
  const child = spawn(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' })
  child.on('close', code => {
    process.exitCode = code ?? 1
  })
} else {
  process.stdout.write(output)
  process.exitCode = 1
}
