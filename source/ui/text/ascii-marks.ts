/** Each of the marks that the program itself draws, and what stands for it where a terminal has ASCII alone; as wide as the mark. */
const replacements: ReadonlyMap<string, string> = new Map([
  ['✓', 'v'],
  ['…', '.'],
  ['●', '*'],
  ['○', 'o'],
  ['›', '>'],
  ['─', '-'],
  ['━', '='],
  ['│', '|'],
  ['♥', '*'],
  ['·', '-'],
  ['×', 'x'],
  ['↓', 'v'],
  ['↑', '^'],
  ...['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'].map((bar, height) => [bar, '__..--""'[height] ?? ''] as const),
]);

const marks = new RegExp(`[${[...replacements.keys()].join('')}]`, 'gu');

export function asciiMarks(text: string): string {
  return text.replaceAll(marks, (mark) => replacements.get(mark) ?? mark);
}
