/**
 * Compiles folders one after the other, each without and with `skipLibCheck`, in one process that reads the declarations once.
 * Arguments: the compiler's module, and the folders. It answers what the compiler has to say of each, as JSON.
 */
import { join } from 'node:path'

const [compiler, ...folders] = process.argv.slice(2)
const { default: ts } = await import(compiler)
const format = { getCanonicalFileName: name => name, getCurrentDirectory: () => '', getNewLine: () => '\n' }
const files = new Map()
const answer = {}

for (const folder of folders) {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile)
  const { options, fileNames, errors } = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  const checked = compile(fileNames, { ...options, skipLibCheck: false })
  const unchecked = compile(fileNames, { ...options, skipLibCheck: true, noEmit: true }, checked.program)
  const problems = [...errors, ...checked.problems, ...unchecked.problems]
  answer[folder] = ts.formatDiagnostics(problems, format)
}
console.log(JSON.stringify(answer))

function compile(fileNames, options, oldProgram) {
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (name, how, ...rest) => {
    // The same file is read anew where it would be a module of another kind.
    const key = [name, how.languageVersion, how.impliedNodeFormat, options.module].join()
    if (!files.has(key)) files.set(key, getSourceFile(name, how, ...rest))
    return files.get(key)
  }
  const program = ts.createProgram(fileNames, options, host, oldProgram)
  const problems = ts.getPreEmitDiagnostics(program)
  if (!options.noEmit) program.emit()
  return { program, problems }
}
