/** Writes the text of `--help` from the table of commands and options. */
import { wrapText } from '../ui/text/text-layout.ts';
import { commands, type Argument, type Command, type Commands } from './options/command-table.ts';
import { listed, optionForms, optionText, type Options } from './options/option.ts';
import { twoColumns } from './two-columns.ts';

const common = [
  ['-h, --help', 'this text'],
  ['    --version', 'the version'],
] as const;

/** The help of the program. */
export function programHelp(columns: number): string {
  const { examples, groups } = commands.chat;
  const about = 'without a COMMAND, this is chat; without any word, it asks what to do';
  return helpText('punchline [COMMAND]', { about, commands, examples, groups }, columns);
}

/** The help of one command. `path` is how it is called, such as `punchline lab cut`. */
export function helpText(path: string, command: Command, columns: number): string {
  const { about, arguments: words = {}, commands: inner, examples = [], groups = {}, notes, page } = command;
  const usage = [path, ...Object.entries(words).map(([name, word]) => argumentForm(name, word))].join(' ');
  const named = Object.entries(words).map(([name, word]) => [name.toUpperCase(), word.about]);
  const blocks = [
    [usage],
    wrapText(about, columns),
    examples.length === 0 ? [] : ['Examples', ...twoColumns(examples, columns)],
    inner === undefined ? [] : ['Commands', ...commandLines(inner, columns)],
    named.length === 0 ? [] : ['Arguments', ...twoColumns(named, columns)],
    ...Object.entries(groups).map(([heading, options]) => [heading].concat(optionLines(options, columns))),
    ['Always', ...twoColumns(common, columns)],
    notes === undefined ? [] : [notes],
    [`Everything else: punchline help ${page ?? 'TOPIC'}.`],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function optionLines(options: Options, columns: number): string[] {
  const rows = listed(options).map(([name, option]) => {
    const forms = optionForms(name, option).join(', ');
    return [forms.startsWith('--') ? `    ${forms}` : forms, optionText(option)];
  });
  return twoColumns(rows, columns);
}

function commandLines(some: Commands, columns: number): string[] {
  return twoColumns(
    Object.entries(some).map(([name, { arguments: words = {}, about }]) => [
      [name, ...Object.entries(words).map(([word, argument]) => argumentForm(word, argument))].join(' '),
      about,
    ]),
    columns,
  );
}

function argumentForm(name: string, { isRequired, isRest }: Argument): string {
  const form = name.toUpperCase() + (isRest === true ? '…' : '');
  return isRequired === true ? form : `[${form}]`;
}
