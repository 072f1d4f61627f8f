/** Writes the text of `--help` from the table of commands and options. */
import { wrapText } from '../ui/text/text-layout.ts';
import { commands, type Argument, type Command, type Commands } from './options/command-table.ts';
import { examples, programExamples, siteWords, type Example } from './options/examples.ts';
import { listed, optionForms, optionText, type Options } from './options/option.ts';
import { twoColumns } from './two-columns.ts';

/** A line longer than this is tiring to read, however wide the terminal is. */
export const MAX_COLUMNS = 100;

/** The examples stand in one column where there is room. A test holds each to this. */
const MAX_EXAMPLE_COLUMNS = 38;

const common = [
  ['-h, --help', 'this text, or that of a command'],
  ['-V, --version', 'the version'],
] as const;

export interface HelpTextOptions {
  /** How wide the terminal is. */
  readonly columns: number;
  /** Whether headings may be bold. They may not if the text goes to a file or another program. */
  readonly isStyled: boolean;
}

/** The help of the program. */
export function programHelp(options: HelpTextOptions): string {
  return blocksText(
    {
      about: 'Chat from terminal to terminal, directly through both NATs, encrypted end to end.',
      samples: programExamples,
      usage: 'punchline [COMMAND] [OPTIONS]',
      usageNote: 'Without a COMMAND, this is chat. Without any word, it asks what to do.',
      commands,
      groups: commands.chat.groups,
      more: 'punchline COMMAND --help, punchline help TOPIC',
    },
    options,
  );
}

/** The help of one command. `words` is how it is called, such as `lab cut`. */
export function helpText(words: string, command: Command, options: HelpTextOptions): string {
  const { about, arguments: taken = {}, commands: inner, groups = {}, page } = command;
  const forms = Object.entries(taken).map(([name, word]) => argumentForm(name, word));
  const parts = [
    `punchline ${words}`,
    ...(inner === undefined ? forms : ['COMMAND']),
    ...(Object.keys(groups).length > 0 ? ['[OPTIONS]'] : []),
  ];
  return blocksText(
    {
      about: `${about.slice(0, 1).toUpperCase()}${about.slice(1)}.`,
      samples: examples[words as keyof typeof examples],
      usage: parts.join(' '),
      commands: inner,
      words: taken,
      groups,
      hasSites: ['lab', 'lab up', 'lab try', 'lab matrix'].includes(words),
      more: `punchline help ${page ?? 'TOPIC'}`,
    },
    options,
  );
}

interface Parts {
  readonly about: string;
  readonly samples: readonly Example[];
  readonly usage: string;
  readonly usageNote?: string;
  readonly commands?: Commands | undefined;
  readonly words?: Readonly<Record<string, Argument>>;
  readonly groups: Readonly<Record<string, Options>>;
  readonly hasSites?: boolean;
  readonly more: string;
}

/** Examples come first, because most readers need nothing else. */
function blocksText(parts: Parts, { columns: available, isStyled }: HelpTextOptions): string {
  const columns = Math.min(MAX_COLUMNS, available);
  const { about, samples, usage, usageNote = '', commands: inner, words = {}, groups } = parts;
  const named = Object.entries(words).map(([name, word]) => [name.toUpperCase(), word.about]);
  const sections: readonly (readonly [heading: string, rows: readonly (readonly string[])[]])[] = [
    ['Examples', samples],
    ['Usage', [[usage, usageNote]]],
    ['Commands', inner === undefined ? [] : commandRows(inner)],
    ['Arguments', named],
    ...Object.entries(groups).map(([heading, options]) => [heading, optionRows(options)] as const),
    ['Always', common],
    ['A SITE', parts.hasSites === true ? siteWords : []],
    ['More', [[parts.more, '']]],
  ];
  const blocks = sections
    .filter(([, rows]) => rows.length > 0)
    .map(([heading, rows]) =>
      [isStyled ? `\u001B[1m${heading}\u001B[22m` : heading].concat(
        twoColumns(rows, columns, heading === 'Examples' ? MAX_EXAMPLE_COLUMNS : undefined),
      ),
    );
  return `${[wrapText(about, columns), ...blocks].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function optionRows(options: Options): string[][] {
  return listed(options).map(([name, option]) => {
    const forms = optionForms(name, option).join(', ');
    return [forms.startsWith('--') ? `    ${forms}` : forms, optionText(option)];
  });
}

function commandRows(some: Commands): string[][] {
  return Object.entries(some).map(([name, { arguments: words = {}, about }]) => [
    [name, ...Object.entries(words).map(([word, argument]) => argumentForm(word, argument))].join(' '),
    about,
  ]);
}

function argumentForm(name: string, { isRequired, isRest }: Argument): string {
  const form = name.toUpperCase() + (isRest === true ? '…' : '');
  return isRequired === true ? form : `[${form}]`;
}
