const rounds = 15
const subjects = ['express-session', 'sojourn']

/** Loads both in fresh processes, in turns, so that whatever else the machine does meets both. */
export async function measureLoading(project) {
  /** @type {Map<string, number[]>} */
  const times = new Map(subjects.map(name => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measured] of times) measured.push(await load(project, name))
  }
  const [theirs = 0, ours = 0] = [...times.values()].map(median)
  const note = `sojourn ${ours.toFixed(1)} ms, express-session ${theirs.toFixed(1)} ms`
  return { succeeded: ours <= 2 * theirs, output: 'Expected loading to take at most twice as long.\n', note }
}

async function load(project, name) {
  const program = `const begin = performance.now(); require('${name}'); console.log(performance.now() - begin)`
  const { output } = await project.run([process.execPath, '-e', program])
  return Number(output)
}

function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)]
}
