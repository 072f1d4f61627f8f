/**
 * What a peer can write to make a reader of it work: each is a beginning, a
 * piece that is repeated as often as there is room, and an end.
 */
const shapes: Readonly<Record<string, readonly [begin: string, piece: string, end: string]>> = {
  letters: ['', 'x', ''],
  spaces: ['', ' ', 'x'],
  'line ends': ['', '\n', ''],
  'line ends with spaces before them': ['', 'a  \n', ''],
  'escape sequences around addresses': ['', '\u001B]8;;http://x\u001B\\a', ''],
  'half surrogates': ['', '\uD800', ''],
  'closing brackets': ['http://a.b/', ')', ''],
  dots: ['http://a.b/', '.', 'a'],
  'ends of sentences': ['', '...!?', 'a'],
  addresses: ['', 'http://a@b ', ''],
  'addresses without a space': ['', '<http://a.b', ''],
  'addresses in other scripts': ['', 'http://пример.рф/ ', ''],
  'beginnings of addresses': ['', 'http://', ''],
  'a long host': ['http://', 'ü', '.example'],
  'a long path': ['http://a.b/', 'x/', ''],
  'marks on one letter': ['a', '\u0301', ''],
  joiners: ['', '\u200D', ''],
  'joined pictures': ['', '👩\u200D', '👩'],
  'letters of Hangul': ['', 'ᄀ', 'ᅡ'],
  'letters of India': ['', 'क्', 'क'],
  digits: ['', '1', '-a-b'],
  codes: ['', '1-a-b', ''],
};

/** The names of the shapes. */
export const growingShapes = Object.keys(shapes);

/** A text of that shape, with `length` UTF-16 units or a few less. */
export function growingText(shape: string, length: number): string {
  const [begin, piece, end] = shapes[shape]!;
  const times = Math.floor((length - begin.length - end.length) / piece.length);
  return begin + piece.repeat(times) + end;
}
