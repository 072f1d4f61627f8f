import { globSync, readFileSync } from 'node:fs';
import { parseAst } from 'rolldown/parseAst';
import { analyse } from 'scslre';
import { expect, test } from 'vitest';

interface Expression {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression that stands in the program's files as such. */
function expressionsOf(file: string): readonly Expression[] {
  const found: Expression[] = [];
  const look = (node: unknown): void => {
    if (Array.isArray(node)) {
      node.forEach(look);
    } else if (typeof node === 'object' && node !== null) {
      if ('regex' in node && typeof node.regex === 'object') {
        const { pattern, flags } = node.regex as { pattern: string; flags: string };
        found.push({ file, source: pattern, flags });
      }
      Object.values(node).forEach(look);
    }
  };
  look(parseAst(readFileSync(file, 'utf8'), { lang: file.endsWith('x') ? 'tsx' : 'ts' }));
  return found;
}

/** What makes an expression take more than linear time on some text. */
function faultsOf({ source, flags }: Pick<Expression, 'source' | 'flags'>): readonly string[] {
  return analyse({ source, flags }).reports.map(({ type, exponential }) =>
    exponential ? `${type}, exponential` : type,
  );
}

const expressions = globSync('source/**/*.{ts,tsx}').flatMap(expressionsOf);

test('every regular expression takes linear time, whatever it looks through', () => {
  expect(expressions.length).toBeGreaterThan(90);
  const faulty = expressions.flatMap((expression) => {
    const faults = faultsOf(expression);
    return faults.length === 0 ? [] : [{ expression, faults }];
  });
  expect(faulty).toEqual([]);
});

test.each([/[.,;]+$/, /(a+)+b/, /^\/(\S*)\s*([^]*?)\s*$/, /\s*\n\s*/])(
  '%s would be found out',
  ({ source, flags }) => {
    expect(faultsOf({ source, flags })).not.toEqual([]);
  },
);
