import { existsSync } from 'node:fs'
import { type Browser, chromium as driver } from 'playwright-core'
import type { Service } from './service.ts'

/** Debian's Chromium, or the one that `CHROMIUM` names. Found is the path of its program. */
export const chromium: Service<string> = {
  name: 'Chromium',
  found: [process.env['CHROMIUM'] ?? '/usr/bin/chromium'].find(path => existsSync(path)),
  advice: 'apt-get install chromium, or set CHROMIUM to its path',
}

/** Starts a browser that asks nobody for anything but the pages that it is led to. */
export function launch(executablePath: string): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  return driver.launch({ executablePath, args })
}
