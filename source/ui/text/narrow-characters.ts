/**
 * Characters that are one column wide and frequent on the screen, as a class of
 * a regular expression: Latin, punctuation, box drawing, marks, spinners.
 * Between any two of them there is a cluster boundary (UAX #29; tested for all
 * pairs).
 */
export const narrowCharacters = String.raw`\u0020-\u007E\u00A1-\u00AC\u00AE-\u02FF\u2010-\u2027\u2030-\u203B\u2500-\u25FC\u2713\u2800-\u28FF`;
