import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A disk of its own, so small that a test can fill it. */
export class SmallDisk {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'sojourn-disk-'))

  /** Says why none can be had here; undefined where one can. */
  static problem(): string | undefined {
    if (process.platform !== 'linux') return 'a disk of its own needs Linux'
    if (process.getuid?.() !== 0) return 'a disk of its own needs root, to mount it'
    try {
      new SmallDisk(1).remove()
      return undefined
    } catch {
      return 'a disk of its own needs the right to mount it'
    }
  }

  constructor(megabytes: number) {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', this.folder], {
        stdio: 'pipe',
      })
    } catch (error) {
      rmdirSync(this.folder)
      throw error
    }
  }

  /** Leaves this many bytes free. */
  fill(leaving: number): void {
    this.empty()
    const { bavail, bsize } = statfsSync(this.folder)
    writeFileSync(join(this.folder, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - leaving)))
  }

  /** Makes room by becoming larger. */
  grow(megabytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${megabytes}m`, this.folder])
  }

  /** Lets nobody write to it any more. */
  protect(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.folder])
  }

  /** Takes away what fills it. */
  empty(): void {
    rmSync(join(this.folder, 'filler'), { force: true })
  }

  remove(): void {
    // Lazily, because a process may still hold on to it.
    execFileSync('umount', ['-l', this.folder])
    rmdirSync(this.folder)
  }
}
