const options = {
  secret: 'a secret that only this bench knows',
  resave: false,
  saveUninitialized: false,
  cookie: { maxAge: 86_400_000 },
}

/**
 * What is measured: each opens its session middleware with its own default memory store. The control is a
 * middleware that does nothing; what the stand makes of it is what the stand cannot tell from nothing.
 */
export const subjects = {
  control: () => (_request, _response, next) => next(),
  'express-session': async () => (await importDefault('express-session'))(options),
  sojourn: async () => (await importDefault('../dist/index.js'))(options),
}

async function importDefault(specifier) {
  const module = await import(specifier)
  return module.default
}
