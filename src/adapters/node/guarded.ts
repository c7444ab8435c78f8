import type { IncomingMessage } from 'node:http'
import type { Guard, GuardedRequest, GuardedVisit, Refusal } from '../../core/guards/guard.ts'
import { attempt, chain, isPromised } from '../../core/record/maybe-promise.ts'
import type { Sessions } from '../../core/sessions.ts'
import { NodeConnection } from './connection.ts'
import { exchangeOf } from './exchange.ts'
import type { Middleware, NodeRequest, NodeResponse } from './messages.ts'

/** A Node request as guards see it. `wanted` is the name of the function that the application called, for errors. */
export class Arrival extends NodeConnection implements GuardedRequest {
  readonly #message: IncomingMessage
  readonly #wanted: string

  constructor(message: IncomingMessage, wanted: string) {
    super(message as NodeRequest)
    this.#message = message
    this.#wanted = wanted
  }

  get method(): unknown {
    return this.#message.method
  }

  get body(): unknown {
    return Reflect.get(this.#message, 'body')
  }

  get visit(): GuardedVisit {
    return exchangeOf(this.#message, this.#wanted).settled()
  }

  get sessions(): Sessions {
    return exchangeOf(this.#message, this.#wanted).sessions
  }
}

/** Makes a middleware from a guard. */
export function guarded(wanted: string, guard: Guard): Middleware {
  return (request, response, next) => {
    const decide = (): ReturnType<Guard> => guard(new Arrival(request, wanted))
    const proceed = (refusal: Refusal | undefined) => (): void => {
      if (refusal === undefined) next()
      else if (refusal.error !== undefined) next(refusal.error)
      else answer(response, refusal)
    }
    // `next` is called outside of the try, so that an error of the route is not taken for an error of the guard.
    const going = attempt(
      () => chain(decide(), proceed),
      error => () => next(error),
    )
    if (isPromised(going)) void going.then(go => process.nextTick(go))
    else going()
  }
}

function answer(response: NodeResponse, { status, headers, body }: Refusal): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.statusCode = status
  response.end(body)
}
