// OpenTelemetry is loaded behind the session.
export * from './traced.js'

import './tracing.js'
