import * as session from 'sojourn'

// Without `esModuleInterop` this is `require`, and answers the function.
const middleware = session({ secret: 'thirty-two bytes that only this knows' })
if (middleware.sessions === undefined) throw new Error('It is something else.')
