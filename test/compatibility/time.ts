const machineTime = Date.now
let skewMs = 0

// Installed before the module under test is loaded, which may keep a reference to `Date.now` from its first line.
Date.now = () => machineTime() + skewMs

/** Lets time pass for everything that asks `Date.now`, so that no test waits for a session to end. */
export function pass(spanMs: number): void {
  skewMs += spanMs
}

/** Waits for real. Kept for the order of events between two requests, never for an expiry. */
export function pause(spanMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, spanMs))
}
