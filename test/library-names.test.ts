/** The page of the library names all that the library exports. */
import { readFileSync } from 'node:fs';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, test } from 'vitest';
import * as library from '../source/index.ts';

interface Exported {
  readonly name: string;
  readonly isType: boolean;
}

/** What a file of ours exports, also what it passes on whole. */
function exportsOf(file: URL): Exported[] {
  const { body } = parseAst(readFileSync(file, 'utf8'), { lang: 'ts' });
  return body.flatMap((statement): Exported[] => {
    if (statement.type === 'ExportAllDeclaration') {
      return exportsOf(new URL(statement.source.value, file));
    }
    if (statement.type !== 'ExportNamedDeclaration') {
      return [];
    }
    const { declaration, exportKind, specifiers } = statement;
    const named = specifiers.flatMap(({ exported, exportKind: own }) =>
      exported.type === 'Identifier'
        ? [{ name: exported.name, isType: exportKind === 'type' || own === 'type' }]
        : [],
    );
    return declaration !== null && 'id' in declaration && declaration.id?.type === 'Identifier'
      ? [{ name: declaration.id.name, isType: exportKind === 'type' }]
      : named;
  });
}

const exported = exportsOf(new URL('../source/index.ts', import.meta.url));
const manual = readFileSync('source/cli/manual/library.md', 'utf8');
const [, section = ''] = manual.split('\n## All names\n');

/** The rows of the table whose first heading begins like this. */
function rows(heading: string) {
  return section
    .split('\n\n')
    .filter((part) => part.startsWith(`| ${heading}`))
    .flatMap((table) => table.split('\n').slice(2))
    .filter((row) => row !== '')
    .map((row) => {
      const [, name = '', what = ''] = /^\| `(\w+)(?:\([^)]*\))?` +\| (.*?) +\|$/.exec(row) ?? [row];
      return { name, what };
    });
}

describe('the page of the library', () => {
  test('names every function and class, and no other', () => {
    const names = rows('function').map(({ name }) => name);
    expect(names.toSorted()).toEqual(Object.keys(library).toSorted());
    expect(names.toSorted()).toEqual(
      exported
        .filter(({ isType }) => !isType)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  test('names every type, and no other', () => {
    const types = exported.filter(({ isType }) => isType).map(({ name }) => name);
    expect(
      rows('type')
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(types.toSorted());
    expect(types.length).toBeGreaterThan(80);
  });

  test('says of each in one sentence what it is', () => {
    const all = [...rows('function'), ...rows('type')];
    expect(all.filter(({ what }) => !/^\S.{5,100}[^.\s]$/.test(what))).toEqual([]);
  });
});
