import { compare, resolutionOf, resolve, summarise } from './statistics.mjs'

/** Turns the measurements of all passes into one figure for each scenario and subject, in microseconds. */
export function createReport({ measurements, scenarios, ...facts }) {
  const control = summarise(addedBy(measurements, 'control', 'stranger'))
  const resolution = resolutionOf(control)
  const rows = scenarios.map(scenario => createRow(scenario, measurements, resolution))
  return { ...facts, control, rows }
}

function createRow({ name, title, goal }, measurements, resolution) {
  const figureOf = subject => resolve(summarise(addedBy(measurements, subject, name)), resolution)
  const reference = figureOf('express-session')
  const sojourn = figureOf('sojourn')
  const alone = summarise(measurements.filter(one => one.scenario === name).map(one => one.alone))
  return {
    scenario: name,
    title,
    goal,
    alone,
    'express-session': reference,
    sojourn,
    ...compare(reference, sojourn, goal),
  }
}

function addedBy(measurements, subject, scenario) {
  const own = measurements.filter(one => one.subject === subject && one.scenario === scenario)
  return own.map(one => one.withSessions - one.alone)
}

/** The report as a page of Markdown, ready to be quoted. */
export function formatReport(report) {
  return [
    `## Added CPU of one request, in µs (${report.app})`,
    '',
    ...formatTable(report.rows),
    '',
    ...formatFacts(report),
    '',
  ].join('\n')
}

function formatTable(rows) {
  return [
    '| scenario | app alone | express-session | sojourn | times cheaper | goal | |',
    '|---|--:|--:|--:|--:|--:|---|',
    ...rows.map(formatRow),
  ]
}

function formatRow(row) {
  const cells = [
    row.title,
    formatNumber(row.alone.median),
    formatFigure(row['express-session']),
    formatFigure(row.sojourn),
    formatTimes(row),
    row.goal === undefined ? '' : `${row.goal}×`,
    row.verdict ?? '',
  ]
  return `| ${cells.join(' | ')} |`
}

function formatFigure(figure) {
  const spread = `(${formatNumber(figure.low)} to ${formatNumber(figure.high)})`
  return `${figure.isBound ? '< ' : ''}${formatNumber(figure.value)} ${spread}`
}

function formatTimes({ times, isBound }) {
  if (times === undefined) return ''
  return `${isBound ? '> ' : ''}${times < 100 ? times.toFixed(1) : times.toFixed(0)}×`
}

function formatNumber(number) {
  return Math.abs(number) < 10 ? number.toFixed(2) : number.toFixed(1)
}

function formatFacts({ control, machine, versions, passes, requests, sizes, seconds }) {
  return [
    `- Medians of ${passes} interleaved passes with ${requests} requests each, quartiles in brackets; a quarter of the requests at 4 KB.`,
    `- Sessions of ${sizes.small} and ${sizes.large} bytes of data. ${versions}.`,
    `- Control, a middleware that does nothing: ${formatNumber(control.median)} (${formatNumber(control.low)} to ${formatNumber(control.high)}).`,
    `- ${machine.node}, ${machine.processor} (${machine.processors}×), ${machine.system}, load ${machine.load} at the start.`,
    `- Took ${seconds} s.`,
  ]
}
