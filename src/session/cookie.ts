export { Cookie, Cookie as default } from '../core/cookies/cookie.ts'
