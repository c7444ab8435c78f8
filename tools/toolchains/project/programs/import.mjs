import session, { openStore } from 'sojourn'
import exercise from './exercise.cjs'

exercise(session, openStore(`lmdb:${process.env.SESSIONS}`)).then(() => console.log('done'))
