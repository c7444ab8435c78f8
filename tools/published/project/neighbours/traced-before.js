// OpenTelemetry is loaded before the session and before Node's `http`.
import './tracing.js'

export * from './traced.js'
