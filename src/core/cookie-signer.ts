/** An id whose signature was right. */
export interface VerifiedId {
  readonly id: string
  /** Whether the newest secret made the signature. */
  readonly isNewestSecret: boolean
  /** Under what the store keeps the session, once somebody has worked it out. */
  key?: string
  /** The cookie's value as the newest secret signs it, once somebody has worked it out. */
  cookieValue?: string
}

/** Turns ids into the values of cookies and back. Whatever a visitor sends, reading it throws nothing. */
export interface CookieSigner {
  /** Signs an id and writes it as a cookie's value, percent-encoded. */
  write(id: string): string
  /** Reads the value of a cookie as it came. Answers undefined for anything that was not signed here. */
  read(cookieValue: string): VerifiedId | undefined
  /** The same for a value whose percent-encoding is already undone. */
  verify(value: string): VerifiedId | undefined
}

/** The longest value of a cookie that is looked at: no browser keeps a longer one. */
export const longestValue = 4096
