export { Cookie, Cookie as default, Cookie as 'module.exports' } from '../core/cookie.ts'
