/** The longest that the core hands to a store, and more bytes than most databases let a key have. */
const long = '語'.repeat(1023)

/**
 * Subjects that a careless store takes for one another: it folds case or accents, trims, cuts off, reads a
 * pattern, a path, a number or the name of something that every object has.
 */
export const distinctSubjects: readonly string[] = [
  ...['ada', 'Ada', 'ADA', 'ad', 'adaa', 'ada ', ' ada', 'ada\t', 'ada\0', 'ada\n'],
  ...['', ' ', '\0', '1', '01', '1.0', '1e0', '-0', '0'],
  ...['undefined', 'null', 'true', '__proto__', 'constructor', 'toString'],
  ...['a*', 'a?a', 'a_a', 'a%', '[a]da', '^ada$', '$ne', 'ada:1', 'ada/1', 'ada.1', 'ada"', "ada'", '{ada}'],
  ...['é', 'e\u0301', 'e', 'ß', 'ss', 'ı', 'i', '日本語', '👩‍👩‍👧', '👩'],
  ...[`${long}a`, `${long}b`, long],
]
