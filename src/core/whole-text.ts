const halfCharacter = /\p{Surrogate}/u

/** Whether text has half of a character that takes two code units, which UTF-8, and so many a store, cannot give back. */
export function hasHalfCharacter(text: string): boolean {
  return halfCharacter.test(text)
}
