import { describeWith } from '../service.ts'
import { findCommand } from './find-command.ts'

/** Describes tests that need a server, whose command may not be installed. */
export function describeService(title: string, command: string, tell: () => void): void {
  const advice = 'run npm run services, or install it'
  describeWith({ name: command, found: findCommand(command), advice }, title, tell)
}
