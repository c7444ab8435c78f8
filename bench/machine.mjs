import { cpus, loadavg, release, type } from 'node:os'

/** What a reader must know about the machine to read the figures, and nothing that names it. */
export function describeMachine() {
  const processors = cpus()
  return {
    node: `Node ${process.versions.node} (V8 ${process.versions.v8})`,
    processor: processors[0]?.model.trim() ?? 'unknown processor',
    processors: processors.length,
    system: `${type()} ${release()} ${process.arch}`,
    load: loadavg()[0].toFixed(2),
  }
}
