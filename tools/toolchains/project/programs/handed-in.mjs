import * as lmdb from 'lmdb'
import session from 'sojourn'
import { lmdbStore } from 'sojourn/lmdb'
import exercise from './exercise.cjs'

exercise(session, lmdbStore({ path: process.env.SESSIONS, lmdb })).then(() => console.log('done'))
