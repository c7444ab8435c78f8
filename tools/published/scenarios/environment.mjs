/** What run.mjs has prepared: two installed projects, a folder for data, a database server or none. */
export const { original, subject, subjectName, dataFolder, mongoUrl, mongoAbsence } = JSON.parse(
  process.env.PUBLISHED ?? '{}',
)

/** Whether the second project really runs another package than the first. */
export const isMoved = subjectName !== 'express-session'

/** The newest signs, both verify. */
export const secrets = ['the newest secret of the two', 'an older secret']

let count = 0

/** Data that no other scenario touches: a folder and a database by the same name. */
export function freshData() {
  count += 1
  const name = `published-${process.pid}-${count}`
  return { folder: `${dataFolder}/${name}`, database: name, mongoUrl }
}
