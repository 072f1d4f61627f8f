/** The pages of the manual list every option, in the words of the table, and no other. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  chatOptions,
  configOnly,
  forwardOptions,
  receiveOptions,
  sendOptions,
} from '../../../source/cli/options/chat-options.ts';
import {
  commands,
  friendsCommands,
  labCommands,
  optionsOf,
  workshopCommands,
  type Command,
} from '../../../source/cli/options/command-table.ts';
import {
  configurable,
  listed,
  optionForms,
  optionText,
  type Choice,
  type Flag,
  type Option,
  type Text,
} from '../../../source/cli/options/option.ts';
import { serveOptions } from '../../../source/cli/options/serve-options.ts';
import { defaultLimits } from '../../../source/server/limits.ts';

interface Row {
  readonly cells: readonly string[];
  /** The last heading above. */
  readonly heading: string;
}

function rowsOf(page: string, header: string): Row[] {
  const all = readFileSync(new URL(`../../../source/cli/manual/${page}.md`, import.meta.url), 'utf8');
  // A comment of a shell looks like a heading.
  const text = all.replaceAll(/^```[^]*?^```$/gm, '');
  const rows: Row[] = [];
  let heading = '';
  let isInside = false;
  for (const line of text.split('\n')) {
    heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    isInside = cells.length > 0 && (isInside || cells.join(' | ') === header);
    if (isInside && !/^-+$/.test(cells[0] ?? '') && cells.join(' | ') !== header) {
      rows.push({ cells, heading });
    }
  }
  return rows;
}

function formsCell(name: string, option: Option, before = ''): string {
  return optionForms(name, option)
    .map((form) => `\`${before}${form.replaceAll('|', String.raw`\|`)}\``)
    .join(', ');
}

/** The rows, each cut to the words of the table: further sentences may follow. */
function cut(rows: readonly Row[], expected: readonly (readonly [form: string, text: string])[]): string[][] {
  return rows.map(({ cells: [form = '', text = ''] }, index) => {
    const words = expected[index]?.[1] ?? '';
    return [form, text === words || text.startsWith(`${words}. `) ? words : text];
  });
}

function isDemo({ heading }: Row): boolean {
  return heading === 'punchline demo';
}

function isForward({ heading }: Row): boolean {
  return heading === 'punchline forward';
}

function isMatrix({ heading }: Row): boolean {
  return heading === 'punchline lab matrix';
}

function rowsFor(command: Command, before = ''): [string, string][] {
  return listed(optionsOf(command)).map(([name, option]) => [
    formsCell(name, option, before),
    optionText(option),
  ]);
}

const tables = 'option | meaning';

const { matrix, ...otherLabCommands } = labCommands;

test.each([
  ['serve', () => true, rowsFor(commands.serve)],
  ['doctor', () => true, rowsFor(commands.doctor)],
  [
    'chat',
    (row) => !isDemo(row),
    Object.values(commands.chat.groups).flatMap((group) => rowsFor({ about: '', groups: { group } })),
  ],
  ['chat', isDemo, rowsFor(commands.demo)],
  ['files', isForward, rowsFor({ about: '', groups: { Forward: forwardOptions } })],
  [
    'files',
    (row) => !isForward(row),
    rowsFor({ about: '', groups: { Send: sendOptions, Receive: receiveOptions } }),
  ],
  [
    'friends/friends',
    () => true,
    Object.entries<Command>(friendsCommands).flatMap(([name, command]) =>
      rowsFor(command, `friends ${name} `),
    ),
  ],
  ['lab', isMatrix, rowsFor(matrix)],
  [
    'lab',
    (row) => !isMatrix(row),
    Object.entries<Command>(otherLabCommands).flatMap(([name, command]) => rowsFor(command, `lab ${name} `)),
  ],
  [
    'class/workshop',
    () => true,
    Object.entries<Command>(workshopCommands).flatMap(([name, command]) =>
      rowsFor(command, `workshop ${name} `),
    ),
  ],
] satisfies [page: string, isMeant: (row: Row) => boolean, expected: [string, string][]][])(
  'the page on %s lists the options of the table (%#)',
  (page, isMeant, expected) => {
    expect(cut(rowsOf(page, tables).filter(isMeant), expected)).toEqual(expected);
  },
);

test.each(['chat', 'serve'] as const)('the page on %s has the headings of the help', (name) => {
  const headings = new Set(rowsOf(name, tables).map(({ heading }) => heading));
  expect([...headings].filter((heading) => heading !== 'punchline demo')).toEqual(
    Object.keys(commands[name].groups),
  );
});

test('the page on the config file lists every key', () => {
  const rows = rowsOf('config', 'key | value | meaning').map(({ cells }) => cells);
  const expected = configurable({ ...chatOptions, ...configOnly }).map(([name, option]) => [
    `\`${name}\``,
    valueCell(option),
    option.kind === 'flag' ? `\`${option.isOn !== true}\`: ${option.about}` : optionText(option),
  ]);
  expect(rows).toEqual([...expected, ['`keys`', 'an object', 'which keys do what, see below']]);
});

function valueCell(option: Choice | Flag | Text): string {
  switch (option.kind) {
    case 'flag': {
      return '`true`, `false`';
    }
    case 'choice': {
      return option.choices.map((choice) => `\`${choice}\``).join(', ');
    }
    case 'text': {
      return option.argument;
    }
  }
}

test('the defaults that the table tells of the server are those of the server', () => {
  const {
    maxConnections,
    maxConnectionsPerAddress,
    maxRelayBytes,
    maxRelayMs,
    maxRelays,
    maxRelaysPerAddress,
    relayBytesPerSecond,
  } = defaultLimits;
  const units = [
    ['max-connections', maxConnections],
    ['max-connections-per-address', maxConnectionsPerAddress],
    ['relay-pairs', maxRelays],
    ['relay-pairs-per-address', maxRelaysPerAddress],
    ['relay-rate', relayBytesPerSecond / serveOptions['relay-rate'].unit],
    ['relay-volume', maxRelayBytes / serveOptions['relay-volume'].unit],
    ['relay-minutes', maxRelayMs / serveOptions['relay-minutes'].unit],
  ] as const;
  expect(units.map(([name]) => serveOptions[name].otherwise)).toEqual(
    units.map(([, value]) => value.toLocaleString('en')),
  );
});
