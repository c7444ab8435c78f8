import { spawnSync } from 'node:child_process'
import { eventually } from './eventually.ts'

interface Process {
  readonly pid: number
  readonly parent: number
  /** As `ps` has it: it begins with `T` for a process that is stopped, and with `Z` for one that has ended. */
  readonly state: string
}

/** A process and all that it has started, as a database server does for each connection. */
export function familyOf(pid: number, processes: readonly Process[] = allProcesses()): number[] {
  const children = processes.filter(({ parent }) => parent === pid)
  return [pid, ...children.flatMap(child => familyOf(child.pid, processes))]
}

/** Sends a signal to those of the processes that are still there. */
export function signalEach(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Waits until none of the processes can hold a file or a port. */
export async function haveEnded(pids: readonly number[]): Promise<void> {
  await eventually('processes that have ended', async () => statesOf(pids).length === 0)
}

/** The states of those of the processes that have not ended. */
export function statesOf(pids: readonly number[]): string[] {
  const states = allProcesses().flatMap(({ pid, state }) => (pids.includes(pid) ? state : []))
  // What has ended is listed until its parent asks how.
  return states.filter(state => !state.startsWith('Z'))
}

function allProcesses(): Process[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  const lines = (stdout ?? '').trim().split('\n')
  return lines.map(line => {
    const [pid, parent, state = ''] = line.trim().split(/\s+/)
    return { pid: Number(pid), parent: Number(parent), state }
  })
}
