const { openStore } = require('sojourn')

try {
  openStore(`lmdb:${process.env.SESSIONS}`)
} catch (error) {
  console.log(error.message)
}
