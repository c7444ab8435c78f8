import { fstatSync, readSync } from 'node:fs'

/** One of the two meta pages at the start of the file. The one that was written last counts. */
interface Overview {
  readonly change: bigint
  readonly pageSize: number
  /** The highest page that was ever in use. Free pages at the end of the file may never have been written. */
  readonly lastPage: number
  /** The root pages of its trees. */
  readonly roots: readonly number[]
}

const afterPageHead = 24
const branch = 1
const leaf = 2
const isOnOtherPages = 1
const isTree = 2
const noPage = 0xffff_ffff_ffff_ffffn
const leastPageSize = 256
const mostPageSize = 65_536

/**
 * Tells whether a file is cut off, like an interrupted copy. The engine does not check, and the system kills a process
 * that reads behind the end. If the file is long enough for its last page, its trees are not read.
 */
export function isCutOff(descriptor: number): boolean {
  for (;;) {
    const overview = overviewOf(descriptor)
    if (overview === undefined) return true
    const pages = Math.floor(fstatSync(descriptor).size / overview.pageSize)
    if (overview.lastPage < pages) return false
    const isLacking = new Pages(descriptor, overview.pageSize, pages).areLacking(overview.roots)
    // The pages belong to one state of the file only if no process has written meanwhile.
    if (!isLacking || overviewOf(descriptor)?.change === overview.change) return isLacking
  }
}

function overviewOf(descriptor: number): Overview | undefined {
  const first = overviewAt(descriptor, 0)
  if (first === undefined) return undefined
  const second = overviewAt(descriptor, first.pageSize)
  return second !== undefined && second.change > first.change ? second : second && first
}

function overviewAt(descriptor: number, position: number): Overview | undefined {
  const bytes = Buffer.alloc(160)
  if (readSync(descriptor, bytes, 0, bytes.length, position) < bytes.length) return undefined
  const pageSize = bytes.readUInt32LE(48)
  if (pageSize < leastPageSize || pageSize > mostPageSize) return undefined
  return {
    change: bytes.readBigUInt64LE(152),
    pageSize,
    lastPage: Number(bytes.readBigUInt64LE(144)),
    roots: [...rootIn(bytes, 88), ...rootIn(bytes, 136)],
  }
}

/** An empty tree has no page. */
function rootIn(bytes: Buffer, position: number): number[] {
  const root = bytes.readBigUInt64LE(position)
  return root === noPage ? [] : [Number(root)]
}

/** A page that a tree refers to. A page of data refers to no others. */
interface Link {
  readonly page: number
  readonly isData: boolean
}

/** The pages that are in a file. */
class Pages {
  readonly #descriptor: number
  readonly #page: Buffer
  readonly #count: number

  constructor(descriptor: number, size: number, count: number) {
    this.#descriptor = descriptor
    this.#page = Buffer.alloc(size)
    this.#count = count
  }

  /** Whether the trees refer to a page that is not in the file. */
  areLacking(roots: readonly number[]): boolean {
    const due = roots.map(treeAt)
    // In a whole file the trees refer to each page at most once.
    for (let met = 0; due.length > 0; met += 1) {
      const link = due.pop()
      if (link === undefined || link.page >= this.#count || met > this.#count) return true
      if (!link.isData) due.push(...this.#linksOf(link.page))
    }
    return false
  }

  #linksOf(number: number): Link[] {
    const page = this.#page
    readSync(this.#descriptor, page, 0, page.length, number * page.length)
    const kind = page.readUInt16LE(18)
    try {
      return this.#nodes().flatMap(node => {
        if (kind & branch) return [treeAt(page.readUIntLE(node, 6))]
        return kind & leaf ? this.#linksOfLeaf(node) : []
      })
    } catch {
      // An offset behind the end of its page is damage of another kind, which the engine finds.
      return []
    }
  }

  #nodes(): number[] {
    const count = this.#page.readUInt16LE(20) >> 1
    return Array.from({ length: count }, (_, index) => {
      return afterPageHead + this.#page.readUInt16LE(afterPageHead + 2 * index)
    })
  }

  #linksOfLeaf(node: number): Link[] {
    const page = this.#page
    const flags = page.readUInt16LE(node + 4)
    const data = node + 8 + page.readUInt16LE(node + 6)
    if (flags & isTree) return rootIn(page, data + 40).map(treeAt)
    return flags & isOnOtherPages ? [{ page: this.#lastOf(data), isData: true }] : []
  }

  /** Data that is too long for one page lies on consecutive pages. */
  #lastOf(data: number): number {
    return Number(this.#page.readBigUInt64LE(data) + this.#page.readBigUInt64LE(data + 16)) - 1
  }
}

function treeAt(page: number): Link {
  return { page, isData: false }
}
