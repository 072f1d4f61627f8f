/**
 * The marks that the program itself draws, each with an ASCII character of the
 * same width for terminals that show only ASCII.
 */
const replacements: ReadonlyMap<string, string> = new Map([
  ['✓', 'v'],
  ['…', '.'],
  ['●', '*'],
  ['◆', '*'],
  ['○', 'o'],
  ['›', '>'],
  ['─', '-'],
  ['━', '='],
  ['═', '='],
  ['▒', '#'],
  ['╱', '/'],
  ['╲', '\\'],
  ['▸', '>'],
  ['◂', '<'],
  ['╸', '-'],
  ['│', '|'],
  ['╎', '|'],
  ['◌', '~'],
  ['♥', '*'],
  ['·', '-'],
  ['×', 'x'],
  ['↓', 'v'],
  ['↑', '^'],
  ['←', '<'],
  ['→', '>'],
  ['┊', ':'],
  ['├', '+'],
  ['┤', '+'],
  ['┼', '+'],
  ['╭', '.'],
  ['╮', '.'],
  ['╰', "'"],
  ['╯', "'"],
  ['╞', '|'],
  ['╡', '|'],
  ['╪', '|'],
  ...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'.split('').map((mark, step) => [mark, '|/-\\'[step % 4] ?? ''] as const),
  ...['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'].map((bar, height) => [bar, '__..--""'[height] ?? ''] as const),
]);

const marks = new RegExp(`[${[...replacements.keys()].join('')}]`, 'gu');

/** Replaces the program's own marks; other characters beyond ASCII stay. */
export function asciiMarks(text: string): string {
  return text.replaceAll(marks, (mark) => replacements.get(mark) ?? mark);
}
