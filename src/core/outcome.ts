/**
 * What became of the session that a visitor's cookie named.
 *
 * - `none`: no cookie of the session's name came.
 * - `found`: the session is there.
 * - `missing`: the signature is right, and the store has no such session.
 * - `expired`: one of the two timeouts is over.
 * - `revoked`: the session was ended: while this request was under way, by whoever ended all sessions of its
 *   subject, or on this process a while ago.
 * - `replayed`: the session goes on under another id, and this one was given up longer ago than the grace.
 * - `tampered`: no secret has made the signature, or the record is not what was stored.
 * - `failed`: the store did not answer, so nobody knows.
 */
export type Outcome =
  | 'none'
  | 'found'
  | 'missing'
  | 'expired'
  | 'revoked'
  | 'replayed'
  | 'tampered'
  | 'failed'
