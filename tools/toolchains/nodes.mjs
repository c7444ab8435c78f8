const versions = ['20.19.0', '22.12.0', '24', '26']
const tooOld = '18'

/** Each Node as a package of the registry: `node-20.19.0`. */
export function nodes() {
  const name = `node-${process.platform}-${process.arch}`
  return Object.fromEntries(
    [...versions, tooOld].map(version => [`node-${version}`, `npm:${name}@${version}`]),
  )
}

/** The versions that the package is for, and where each is. */
export function installedNodes(project) {
  return versions.map(version => ({ version, path: nodePath(project, version) }))
}

export function oldNode(project) {
  return nodePath(project, tooOld)
}

function nodePath(project, version) {
  return project.tool(`node-${version}`, 'bin/node')
}
