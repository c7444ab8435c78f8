/** Copies a text: a part of a header keeps the whole header in memory, and a copy of it does not. */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
