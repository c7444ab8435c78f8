const session = require('sojourn')
const { lmdbStore } = require('sojourn/lmdb')
const exercise = require('./exercise.cjs')

exercise(session, lmdbStore({ path: process.env.SESSIONS })).then(() => console.log('done'))
