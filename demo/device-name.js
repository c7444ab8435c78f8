/** Browsers name others along with themselves, so that the order decides. */
const browsers = /** @type {const} */ ([
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/(?:\b|Headless)(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
])

const systems = /** @type {const} */ ([
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
])

/**
 * Names a browser and its system in words that its owner knows, such as "Firefox on Windows". It is what the
 * browser says of itself: fit to be shown, not to be trusted.
 *
 * @param {string | undefined} userAgent
 */
export function deviceName(userAgent = '') {
  const browser = nameIn(browsers, userAgent) ?? 'An unknown browser'
  const system = nameIn(systems, userAgent)
  return system === undefined ? browser : `${browser} on ${system}`
}

/**
 * @param {readonly (readonly [RegExp, string])[]} names
 * @param {string} userAgent
 */
function nameIn(names, userAgent) {
  return names.find(([pattern]) => pattern.test(userAgent))?.[1]
}
