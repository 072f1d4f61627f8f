/**
 * Characters of one column each that the screens are full of, as a class of a
 * regular expression: Latin, punctuation, box drawing, marks, spinners. In every
 * pair of them each is a cluster of its own (UAX #29; tried).
 */
export const narrowCharacters = String.raw`\u0020-\u007E\u00A1-\u00AC\u00AE-\u02FF\u2010-\u2027\u2030-\u203B\u2500-\u25FC\u2713\u2800-\u28FF`;
