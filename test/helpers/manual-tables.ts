import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

export interface FieldRow {
  /** All that the first cell names. */
  readonly names: readonly string[];
  readonly meaning: string;
}

/** The table of the fields of `--json` under a heading of a page of the manual. */
export function fieldsUnder(page: string, heading: string): FieldRow[] {
  const text = readFileSync(new URL(`../../source/cli/manual/${page}.md`, import.meta.url), 'utf8');
  const section = `\n${text}`.slice(`\n${text}`.indexOf(`\n${heading}\n`));
  const table = section.slice(section.indexOf('| field of `--json`')).split('\n\n', 1)[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .map((row) => {
      const [first = '', meaning = ''] = row.split(' | ');
      return { names: quoted(first), meaning };
    });
}

/** What stands in backticks, in its order. */
export function quoted(words: string): string[] {
  return [...words.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** An object has the fields that are listed, each of its kind, and no others. */
export function expectFields(
  found: unknown,
  listed: readonly string[],
  kinds: Readonly<Record<string, unknown>>,
): void {
  expect(Object.keys(kinds).toSorted()).toEqual(listed.toSorted());
  expect(found).toEqual(kinds);
}
