import { globSync, readFileSync } from 'node:fs';
import { parseAst } from 'rolldown/parseAst';
import { expect, test } from 'vitest';
import { slowness } from '../helpers/steps/slow-expression.ts';

interface Literal {
  readonly file: string;
  readonly pattern: string;
  readonly flags: string;
}

function literalsIn(file: string): readonly Literal[] {
  const found: Literal[] = [];
  function visit(node: unknown): void {
    if (Array.isArray(node)) {
      node.forEach(visit);
    } else if (typeof node === 'object' && node !== null) {
      if ('regex' in node) {
        const { pattern, flags } = node.regex as Literal;
        found.push({ file, pattern, flags });
      }
      Object.values(node).forEach(visit);
    }
  }
  visit(parseAst(readFileSync(file, 'utf8'), { lang: file.endsWith('x') ? 'tsx' : 'ts' }));
  return found;
}

test.each([
  ['/[.,;:!?…*_~]+$/u', 'Move'],
  ['/^(?:a+)+$/', 'Self, exponential'],
  ['/^a*a*$/', 'Trade'],
  ['/(?<=a*)b/', 'Look-behind'],
  ['/[\\u{200C}\\s]+$/v', 'Move'],
])('%s is found to be slow', (literal, reason) => {
  const end = literal.lastIndexOf('/');
  expect(slowness(literal.slice(1, end), literal.slice(end + 1))).toContain(reason);
});

test('no regular expression of the program takes more than linear time', () => {
  const literals = globSync('source/**/*.{ts,tsx}').flatMap(literalsIn);
  // If the reader found no expression, it would find nothing wrong.
  expect(literals.length).toBeGreaterThan(100);
  const slow = literals.flatMap(({ file, pattern, flags }) => {
    const reason = slowness(pattern, flags);
    return reason === undefined ? [] : [`${file}: /${pattern}/${flags}: ${reason}`];
  });
  expect(slow).toEqual([]);
});
