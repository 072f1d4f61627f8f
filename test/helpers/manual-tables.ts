import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

export interface FieldRow {
  /** All names in the first cell. */
  readonly names: readonly string[];
  readonly meaning: string;
}

/** The table of fields of `--json` under a heading of a manual page. */
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

/** The texts in backticks, in order. */
export function quoted(words: string): string[] {
  return [...words.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** Expects that an object has exactly the listed fields, each of its type. */
export function expectFields(
  found: unknown,
  listed: readonly string[],
  kinds: Readonly<Record<string, unknown>>,
): void {
  expect(Object.keys(kinds).toSorted()).toEqual(listed.toSorted());
  expect(found).toEqual(kinds);
}
