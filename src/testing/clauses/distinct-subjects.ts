/** One character short of the longest subject that the core allows, and more bytes than most databases allow in a key. */
const long = '語'.repeat(1023)

/**
 * Subjects that a careless store confuses because it folds case or accents, trims, truncates, or takes them for patterns,
 * paths, numbers or properties of every object.
 */
export const distinctSubjects: readonly string[] = [
  ...['ada', 'Ada', 'ADA', 'ad', 'adaa', 'ada ', ' ada', 'ada\t', 'ada\0', 'ada\n'],
  ...['', ' ', '\0', '1', '01', '1.0', '1e0', '-0', '0'],
  ...['undefined', 'null', 'true', '__proto__', 'constructor', 'toString'],
  ...['a*', 'a?a', 'a_a', 'a%', '[a]da', '^ada$', '$ne', 'ada:1', 'ada/1', 'ada.1', 'ada"', "ada'", '{ada}'],
  ...['é', 'e\u0301', 'e', 'ß', 'ss', 'ı', 'i', '日本語', '👩‍👩‍👧', '👩'],
  ...[`${long}a`, `${long}b`, long],
]
