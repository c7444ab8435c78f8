import { readFile } from 'node:fs/promises'

/** How many tests passed, failed and were skipped. */
export const nothing = Object.freeze({ passed: 0, failed: 0, skipped: 0 })

/** Adds the counts of two stages. */
export function add(one, other) {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  }
}

/** The line that ends the suite. */
export function formatCount({ passed, failed, skipped }) {
  const line = `${passed} passed, ${failed} failed`
  return skipped === 0 ? line : `${line}, ${skipped} skipped`
}

/** Reads the last line that is a count, whether or not a word such as `published:` stands before it. */
export function parseCount(output) {
  const lines = output.matchAll(/^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)
  const last = [...lines].at(-1)
  if (last === undefined) return undefined
  return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3] ?? 0) }
}

/** Reads vitest's own report. A file that could not be loaded has no tests, and is a failure all the same. */
export async function readReport(path) {
  const report = JSON.parse(await readFile(path, 'utf8'))
  const broken = report.testResults.filter(
    file => file.status === 'failed' && !file.assertionResults.some(isFailed),
  )
  const count = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
  return { count, skippedTitles: report.testResults.flatMap(titlesOfSkipped) }
}

function isFailed(test) {
  return test.status === 'failed'
}

function titlesOfSkipped(file) {
  return file.assertionResults
    .filter(test => ['skipped', 'pending', 'todo'].includes(test.status))
    .map(test => test.fullName)
}
