/** Checks the architecture: where files are, which folder may import which, and the names of constants. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, matchesGlob, posix } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { expect, onTestFinished, test } from 'vitest';

interface Pattern {
  readonly group?: readonly string[];
  readonly regex?: string;
  readonly message: string;
}

interface Rules {
  readonly 'eslint/no-restricted-imports'?: readonly ['error', { readonly patterns: readonly Pattern[] }];
  readonly 'eslint/no-restricted-globals'?: 'off' | readonly ['error', ...{ readonly name: string }[]];
}

interface Override {
  readonly files: readonly string[];
  readonly rules: Rules;
}

interface LintConfig {
  readonly overrides: readonly Override[];
}

/** A made-up file: each line is an import or a global, with whether lint must refuse it. */
interface Probe {
  readonly path: string;
  readonly lines: readonly { readonly text: string; readonly refused: boolean }[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const config = JSON.parse(readFileSync(join(root, '.config/oxlint.json'), 'utf8')) as LintConfig;
const sources = globSync('source/**/*.{ts,tsx}', { cwd: root });
const sourceFolders = [...new Set(sources.map((file) => dirname(file)))].filter((name) => name !== 'source');
/** The folders and code files directly in source/. */
const neighbours = [...new Set(sources.map((file) => file.split('/')[1] ?? ''))];

/** A folder that needs more files should be two. The largest ones have exactly so many. */
const MAX_FILES_IN_FOLDER = 12;

function importPatterns({ rules }: Override): readonly Pattern[] {
  return rules['eslint/no-restricted-imports']?.[1].patterns ?? [];
}

/** The paths in a configuration that do not exist. */
function missingPaths({ overrides }: LintConfig): readonly string[] {
  const files = overrides.flatMap((override) => override.files);
  const groups = overrides.flatMap(importPatterns).flatMap(({ group = [] }) => group);
  const walls = groups.filter((pattern) => pattern.startsWith('**/'));
  return [
    ...files.filter(
      (pattern) => !existsSync(join(root, pattern.replace(/^\*\*\//, '').replace(/\/\*\*$/, ''))),
    ),
    ...walls.filter(
      (pattern) => !sources.some((file) => matchesGlob(file.replace(/^source\//, ''), pattern)),
    ),
  ];
}

/** The import rules for a file: those of the last matching override that has any. */
function wallsOf(path: string, { overrides }: LintConfig): readonly Pattern[] {
  const override = overrides.findLast(
    (candidate) =>
      importPatterns(candidate).length > 0 && candidate.files.some((pattern) => matchesGlob(path, pattern)),
  );
  return override === undefined ? [] : importPatterns(override);
}

/** The neighbours that the message of a rule allows. Undefined if the message is about something else. */
function granted({ message }: Pattern): readonly string[] | undefined {
  return /\bimports only ([^;]+)/.exec(message)?.[1]?.split(', ');
}

function importLine(from: string, to: string, refused: boolean) {
  const path = posix.relative(dirname(from), to);
  const specifier = path.startsWith('.') ? path : `./${path}`;
  return { text: `import { a } from '${specifier}';`, refused };
}

/**
 * A file that imports each neighbour. Lint must refuse the neighbours that the
 * rule's message does not allow, and the files that its group names, and nothing
 * else.
 */
function wallProbe(path: string, configured: LintConfig): Probe {
  const patterns = wallsOf(path, configured);
  const [, own = ''] = path.split('/');
  const grants = patterns.map(granted).find((names) => names !== undefined) ?? [];
  const named = patterns.flatMap(({ group = [] }) => group).filter((pattern) => pattern.startsWith('**/'));
  const files = named.flatMap((pattern) => sources.find((file) => matchesGlob(file, pattern)) ?? []);
  const siblings = patterns.some(({ group = [] }) => group.includes('./*'));
  return {
    path,
    lines: [
      ...neighbours
        .filter((name) => name !== own)
        .map(
          (name) => [name, extname(name) === '' ? `source/${name}/anything.ts` : `source/${name}`] as const,
        )
        .map(([name, file]) => importLine(path, file, !grants.includes(name))),
      ...files.map((file) => importLine(path, file, true)),
      importLine(path, join(dirname(path), 'sibling.ts'), siblings || dirname(path) === 'source'),
    ],
  };
}

/** Reads files, asks for the time and makes keys, which a pure file may not. The last lines are allowed. */
function purityProbe(folder: string): Probe {
  return {
    path: `${folder}/pure-probe.ts`,
    lines: [
      { text: `import { a } from 'node:fs';`, refused: true },
      { text: `import { a } from 'node:net';`, refused: true },
      { text: `import { a } from 'yargs';`, refused: true },
      ...[
        'Date',
        'process',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'performance',
        'crypto',
        'fetch',
      ].map((name) => ({ text: `export const of${name} = ${name};`, refused: true })),
      { text: `import { a } from 'node:util';`, refused: false },
      { text: `import { a } from 'valibot';`, refused: false },
      { text: 'export const ofMath = Math;', refused: false },
    ],
  };
}

/** All lines on which lint, with this configuration, decides wrongly. */
function wrongVerdicts(probes: readonly Probe[], configured: LintConfig): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-house-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const { path, lines } of probes) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    const program = lines.map(({ text }, index) => text.replace('{ a }', `{ a as a${index} }`));
    writeFileSync(join(folder, path), program.join('\n'));
  }
  // The imported files do not exist, so there are no types to check.
  writeFileSync(join(folder, 'lint.json'), JSON.stringify({ ...configured, options: { typeAware: false } }));
  const { error, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/oxlint/bin/oxlint'), '-c', 'lint.json', '--format=json', 'source'],
    { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  expect({ error, stderr }).toEqual({ error: undefined, stderr: '' });
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; filename: string; labels: { span: { line: number } }[] }[];
  };
  const refusals = new Set(
    diagnostics
      .filter(({ code }) => /no-restricted-(?:imports|globals)/.test(code))
      .flatMap(({ filename, labels }) => labels.map(({ span }) => `${filename}:${span.line}`)),
  );
  return probes.flatMap(({ path, lines }) =>
    lines.flatMap(({ text, refused }, index) =>
      refusals.has(`${path}:${index + 1}`) === refused
        ? []
        : [`${path}: ${text} is ${refused ? 'let through' : 'refused'}`],
    ),
  );
}

function allWalls(configured: LintConfig): readonly Probe[] {
  const files = configured.overrides
    .flatMap((override) => override.files)
    .filter((pattern) => pattern.startsWith('**/source/') && extname(pattern) !== '')
    .map((pattern) => pattern.replace('**/', ''));
  return [...sourceFolders.map((folder) => `${folder}/wall-probe.ts`), ...files].map((path) =>
    wallProbe(path, configured),
  );
}

/** The configuration without one pattern in the groups of a folder. */
function without(pattern: string, folder: string): LintConfig {
  return {
    ...config,
    overrides: config.overrides.map((override) =>
      override.files.includes(folder)
        ? {
            ...override,
            rules: {
              ...override.rules,
              'eslint/no-restricted-imports': [
                'error',
                {
                  patterns: importPatterns(override).map(({ group = [], message }) => ({
                    group: group.filter((name) => name !== pattern),
                    message,
                  })),
                },
              ],
            },
          }
        : override,
    ),
  };
}

/** Folders with too many files, as `FOLDER: COUNT`. */
function crowded(files: readonly string[]): readonly string[] {
  return [...Map.groupBy(files, (file) => dirname(file))]
    .map(([folder, inside]) => [folder, inside.length] as const)
    .filter(([, count]) => count > MAX_FILES_IN_FOLDER)
    .map(([folder, count]) => `${folder}: ${count}`);
}

/** The folders of exercises all hold the same files. */
const likeEachOther = /^source\/workshop\/exercises\/\d\d-[a-z-]+\//;

/** File names that are used in several folders. */
function repeatedNames(files: readonly string[]): readonly string[] {
  return [
    ...Map.groupBy(
      files.filter((file) => !likeEachOther.test(file)),
      (file) => basename(file),
    ),
  ]
    .filter(([name, places]) => places.length > 1 && name !== 'readme.md')
    .map(([name]) => name);
}

function langOf(file: string): 'ts' | 'tsx' {
  return file.endsWith('x') ? 'tsx' : 'ts';
}

/** The fields of a syntax tree's node that are used here. */
interface Node {
  readonly type: string;
  readonly name?: string;
  readonly operator?: string;
  readonly value?: unknown;
  readonly left?: Node;
  readonly right?: Node;
  readonly argument?: Node;
  readonly expression?: Node;
  readonly object?: Node;
  readonly callee?: Node;
  readonly arguments?: readonly Node[];
  readonly declaration?: Node | null;
  readonly declarations?: readonly { readonly id: Node; readonly init: Node | null }[];
  readonly kind?: string;
}

const capitals = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

const arithmetic = new Set(['+', '-', '*', '/', '%', '**', '<<', '>>', '>>>', '|', '&', '^']);

/** Whether an expression is a number, judged by its form: a literal, a constant in capitals, or arithmetic of these. */
function isNumber(node: Node | undefined): boolean {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'number' || typeof node.value === 'bigint';
    case 'Identifier':
      return capitals.test(node.name ?? '');
    case 'MemberExpression':
      return node.object?.name === 'Number';
    case 'UnaryExpression':
      return ['-', '+', '~'].includes(node.operator ?? '') && isNumber(node.argument);
    case 'BinaryExpression':
      return arithmetic.has(node.operator ?? '') && isNumber(node.left) && isNumber(node.right);
    case 'CallExpression':
      return node.callee?.object?.name === 'Math' && node.arguments?.every(isNumber) === true;
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return isNumber(node.expression);
    default:
      return false;
  }
}

/** The module constants of a file, each with whether it is a number. */
function moduleConstants(program: string, lang: 'ts' | 'tsx') {
  const body: readonly Node[] = parseAst(program, { lang }).body as never;
  return body
    .map((statement) => statement.declaration ?? statement)
    .filter(({ type, kind }) => type === 'VariableDeclaration' && kind === 'const')
    .flatMap(({ declarations = [] }) => declarations)
    .flatMap(({ id, init }) =>
      // Constants without a value are filled in by the build, and named for it.
      init === null || id.name === undefined ? [] : [{ name: id.name, number: isNumber(init) }],
    );
}

/** The module constants that are in capitals without being numbers, or the other way round. */
function misnamed(program: string, lang: 'ts' | 'tsx' = 'ts'): readonly string[] {
  return moduleConstants(program, lang).flatMap(({ name, number }) =>
    capitals.test(name) === number ? [] : [name],
  );
}

/** Folders of tests without a folder of the program that they test. */
function unmirrored(folders: readonly string[], tested: readonly string[]): readonly string[] {
  const others = new Set(['bench', 'helpers', 'long', 'screens', 'steady']);
  return folders
    .map((folder) => folder.replace(/^test\//, ''))
    .filter((folder) => !others.has(folder.split('/')[0] ?? '') && !tested.includes(`source/${folder}`));
}

test('every path in the lint configuration exists', () => {
  expect(missingPaths(config)).toEqual([]);
});

test('a missing path is found, both as a place of a rule and as a neighbour', () => {
  const group = ['*', '!.*', '**/ui/**', '**/attic/**', '**/cli.ts', '**/stairs.ts'];
  const gone: LintConfig = {
    overrides: [
      {
        files: ['**/source/cellar/**', '**/source/text/**', '**/source/text/spoon.ts'],
        rules: { 'eslint/no-restricted-imports': ['error', { patterns: [{ group, message: '' }] }] },
      },
    ],
  };
  expect(missingPaths(gone)).toEqual([
    '**/source/cellar/**',
    '**/source/text/spoon.ts',
    '**/attic/**',
    '**/stairs.ts',
  ]);
});

test('each folder may import the neighbours that its rule allows, and lint refuses all others', () => {
  const probes = allWalls(config);
  expect(probes.filter(({ path }) => wallsOf(path, config).length === 0)).toEqual([]);
  for (const refused of [true, false]) {
    const count = probes.flatMap(({ lines }) => lines).filter((line) => line.refused === refused).length;
    expect(count).toBeGreaterThan(100);
  }
  expect(wrongVerdicts(probes, config)).toEqual([]);
});

test('a rule that refuses too little, and one that refuses too much, are found', () => {
  const path = 'source/chat/wall-probe.ts';
  const holed = without('**/ui/**', '**/source/chat/**');
  expect(wrongVerdicts([wallProbe(path, config)], holed)).toEqual([
    expect.stringMatching(/ui\/.*is let through$/),
    expect.stringMatching(/ui\/.*is let through$/),
  ]);
  const open: Probe = { path, lines: [importLine(path, 'source/ui/anything.ts', false)] };
  expect(wrongVerdicts([open], config)).toEqual([expect.stringMatching(/is refused$/)]);
});

test('a pure folder cannot read or write, and uses neither clock nor process', () => {
  const pure = sourceFolders.filter(
    (folder) =>
      ['source/text', 'source/protocol', 'source/nat'].includes(folder) ||
      ['keys', 'options', 'plan', 'settings', 'wire'].includes(basename(folder)),
  );
  expect(pure.length).toBeGreaterThanOrEqual(10);
  expect(wrongVerdicts(pure.map(purityProbe), config)).toEqual([]);
});

test('an impure folder is found', () => {
  expect(wrongVerdicts([purityProbe('source/chat')], config)).toEqual(
    purityProbe('source/chat')
      .lines.filter(({ refused }) => refused)
      .map(({ text }) => `source/chat/pure-probe.ts: ${text} is let through`),
  );
});

const files = globSync('source/**/*.*', { cwd: root });

test(`no folder of the program has more than ${MAX_FILES_IN_FOLDER} files`, () => {
  expect(crowded(files)).toEqual([]);
});

test('a folder with too many files is found', () => {
  const twelve = Array.from({ length: 12 }, (_, index) => `source/attic/${index}.ts`);
  expect(crowded([...twelve, 'source/attic/box/13.ts'])).toEqual([]);
  expect(crowded([...twelve, 'source/attic/readme.md'])).toEqual(['source/attic: 13']);
  expect(crowded([...twelve, 'source/attic/13.ts'])).toEqual(['source/attic: 13']);
});

test('no two files of the program have the same name', () => {
  expect(repeatedNames(files)).toEqual([]);
});

test('a name that is used in two folders is found', () => {
  const names = [
    'source/a/readme.md',
    'source/b/readme.md',
    'source/a/log.ts',
    'source/b/log.ts',
    'source/a/b.ts',
    'source/workshop/exercises/01-a/text.md',
    'source/workshop/exercises/02-b/text.md',
  ];
  expect(repeatedNames(names)).toEqual(['log.ts']);
});

test('a module constant is in capitals if and only if it is a number', () => {
  const programs = sources.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);
  const constants = programs.flatMap(([file, program]) => moduleConstants(program, langOf(file)));
  // Makes sure that the constants were found at all.
  expect(constants.filter(({ number }) => number).length).toBeGreaterThan(100);
  expect(constants.filter(({ number }) => !number).length).toBeGreaterThan(100);
  expect(
    programs.flatMap(([file, program]) => misnamed(program, langOf(file)).map((name) => `${file}: ${name}`)),
  ).toEqual([]);
});

test.each([
  ['const lengthBytes = 4;', ['lengthBytes']],
  ['export const waitMs = 10 * 60_000;', ['waitMs']],
  ['const LENGTH_BYTES = 4; export const headerBytes = -(LENGTH_BYTES + 1);', ['headerBytes']],
  [`import { MAX } from './max.ts'; const most = MAX - 1;`, ['most']],
  ['const bits = 0o111n as const;', ['bits']],
  ['const most = Number.MAX_SAFE_INTEGER;', ['most']],
  [`const NAME = 'me';`, ['NAME']],
  ['export const WAITS = { first: 1 };', ['WAITS']],
  ['const wordBytes = Math.ceil(44 / 8) | (1 << 4);', ['wordBytes']],
  ['const IS_LONG = 2 > 1;', ['IS_LONG']],
  ['const LEAST = Math.min(...sizes);', ['LEAST']],
  ['const SIZE = measure();', ['SIZE']],
  [`const MAX_BYTES = 2 ** 16, name = 'me', View = memo(draw); declare const VERSION: string;`, []],
  ['function measure() { const size = 4; return size; }', []],
])('names in %s', (program, wrong) => {
  expect(misnamed(program)).toEqual(wrong);
});

test('each folder of tests mirrors the folder that it tests', () => {
  const folders = [...new Set(globSync('test/**/*.*', { cwd: root }).map((file) => dirname(file)))];
  expect(
    unmirrored(
      folders.filter((folder) => folder !== 'test'),
      sourceFolders,
    ),
  ).toEqual([]);
});

test('a folder of tests for a missing folder is found', () => {
  expect(
    unmirrored(['test/chat', 'test/attic', 'test/helpers/lab', 'test/chat/helpers'], ['source/chat']),
  ).toEqual(['attic', 'chat/helpers']);
});

/** The tests in the last column of the tables in the page on security. */
function testsNamedIn(page: string): readonly string[] {
  const rows = page.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows
    .map((row) => row.split('|').at(-2)?.trim() ?? '')
    .filter((cell) => !cell.startsWith('none'));
  return cells.flatMap((cell) => [...cell.matchAll(/`([a-z/-]+)`/g)].map(([, name = '']) => name));
}

function lackTest(name: string): boolean {
  return globSync(`test/**/${name}{,.test.ts,.test.tsx}`, { cwd: root }).length === 0;
}

test('each test that the page on security names exists', () => {
  const named = testsNamedIn(readFileSync(join(root, 'source/connect/security.md'), 'utf8'));
  expect(named).toContain('man-in-the-middle');
  expect(named.filter(lackTest)).toEqual([]);
});

test('a named test that does not exist is found', () => {
  const page =
    '| who | can |\n| --- | --- |\n| all | anything: `NODE` | `meet`: _a_; `server/relay`; `gone` |\n';
  expect(testsNamedIn(page).filter(lackTest)).toEqual(['gone']);
});
