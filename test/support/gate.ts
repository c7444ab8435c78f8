export { Gate } from '../../src/testing/adapter/gate.ts'
