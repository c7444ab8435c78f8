import { installedNodes, oldNode } from '../nodes.mjs'
import { measureLoading } from './loading.mjs'

export function nodeCells(project) {
  const programs = names => names.map(name => project.path('programs', name))
  const cells = installedNodes(project).flatMap(({ version, path }) => [
    {
      title: `node ${version}, require and import`,
      prove: () => project.runPrograms(programs(['require.cjs', 'import.mjs', 'handed-in.mjs']), path),
    },
    {
      title: `node ${version}, one copy`,
      prove: () =>
        project.runPrograms(
          programs(['one-copy.cjs', 'one-copy.mjs', 'loaded-files.cjs', 'no-such-path.mjs']),
          path,
        ),
    },
    {
      title: `node ${version}, node --test`,
      prove: () => project.run([path, '--test', project.path('programs', 'node-test.test.mjs')]),
    },
  ])
  return [...cells, tooOld(project), { title: 'loading', prove: () => measureLoading(project) }]
}

function tooOld(project) {
  return {
    title: 'node 18 is told which one is needed',
    prove: async () => {
      const { output } = await project.run([oldNode(project), '-e', "require('sojourn')"])
      return { output, succeeded: /Error: Expected Node\.js 20\.19, 22\.12 or newer/.test(output) }
    },
  }
}
