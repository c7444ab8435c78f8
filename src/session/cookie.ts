export { Cookie, Cookie as default, Cookie as 'module.exports' } from '../core/cookies/cookie.ts'
