/** The man page punchline(1), made of the tables of commands and options and of pages of the manual. The build writes it. */
import { commands, type Argument, type Command, type Commands } from '../options/command-table.ts';
import { examples, programExamples, siteWords } from '../options/examples.ts';
import { listed, optionForms, optionText, type Options } from '../options/option.ts';
import { paths, variables } from './man-facts.ts';
import { blockLines, underHeading } from './manual-part.ts';
import {
  bold,
  escaped,
  italic,
  quotedArgument,
  sectionLine,
  subsectionLine,
  taggedLines,
  textLines,
} from './roff.ts';

export interface ManPageFacts {
  readonly version: string;
  /** The day on which it is made, as 2026-12-31. */
  readonly date: string;
  /** The page on the chat, in Markdown. */
  readonly chat: string;
  /** The page for scripts, in Markdown. */
  readonly json: string;
}

/** The source of the man page, for man(7). */
export function manPage({ chat, date, json, version }: ManPageFacts): string {
  const lines = [
    String.raw`.\" Made by the build from the tables of commands and from the manual.`,
    `.TH PUNCHLINE 1 ${date} ${quotedArgument(`punchline ${version}`)}`,
    '.nh',
    '.ad l',
    sectionLine('Name'),
    String.raw`punchline \- chat from terminal to terminal through NATs, encrypted end to end`,
    sectionLine('Synopsis'),
    ...synopses(),
    sectionLine('Description'),
    ...paragraph(
      'Two people meet with a code of two words, or as friends. Their programs find a direct way through the NATs of both sides, and all that they say to each other is encrypted end to end.',
    ),
    ...paragraph('Without a COMMAND, this is chat. Without any word, it asks what to do.'),
    ...upToTable(underHeading(chat, 'punchline chat')).flatMap(blockLines),
    sectionLine('Commands'),
    ...commandSections(),
    sectionLine('Options of every command'),
    ...taggedLines(
      `${bold('-h')}, ${bold('--help')}`,
      escaped('show the help of the program, or of a command'),
    ),
    ...taggedLines(`${bold('-V')}, ${bold('--version')}`, escaped('show the version')),
    sectionLine('Exit status'),
    ...underHeading(json, 'Exit codes').flatMap(blockLines),
    sectionLine('Environment'),
    ...variables.flatMap(([names, meaning]) =>
      taggedLines(names.split(', ').map(bold).join(', '), escaped(meaning)),
    ),
    sectionLine('Files'),
    ...paths.flatMap(([path, meaning]) => taggedLines(italic(path), escaped(meaning))),
    sectionLine('Examples'),
    ...exampleLines(),
    sectionLine('See also'),
    ...paragraph('The whole manual is in the program: punchline help lists its pages.'),
  ];
  // Below a head, a paragraph begins by itself.
  return `${lines.filter((line, index) => line !== '.PP' || !/^\.S[HS] /.test(lines[index - 1] ?? '')).join('\n')}\n`;
}

/** What an invite is, and the table of places. */
function upToTable(tokens: ReturnType<typeof underHeading>): ReturnType<typeof underHeading> {
  return tokens.slice(0, tokens.findIndex(({ type }) => type === 'table') + 1);
}

function paragraph(text: string): string[] {
  return ['.PP', ...textLines(escaped(text))];
}

function synopses(): string[] {
  const options = `[${italic('OPTIONS')}]`;
  return [`[${italic('COMMAND')}]`, italic('INVITE'), italic('FRIEND')]
    .flatMap((word) => ['.br', `${bold('punchline')} ${word} ${options}`])
    .slice(1);
}

/** Each command with its arguments and options. Options that another command had before are not told again. */
function commandSections(): string[] {
  const told = new Map<Options, string>();
  function section(path: string, command: Command): string[] {
    return [
      subsectionLine(path),
      ...textLines(`${bold(`punchline ${path}`)} ${argumentForms(command)}`),
      ...paragraph(sentence(command.about)),
      ...Object.entries(command.arguments ?? {}).flatMap(([name, { about }]) =>
        taggedLines(italic(name.toUpperCase()), escaped(about)),
      ),
      ...Object.entries(command.groups ?? {}).flatMap(([heading, options]) => group(path, heading, options)),
      ...(path === 'lab' ? siteLines() : []),
      ...sections(command.commands ?? {}, `${path} `),
    ];
  }
  function group(path: string, heading: string, options: Options): string[] {
    const before = told.get(options);
    if (before !== undefined) {
      return paragraph(`${heading}: the same options as for punchline ${before}.`);
    }
    told.set(options, path);
    const title = heading === 'Options' ? [] : ['.PP', ...textLines(`${escaped(heading)}:`)];
    return [...title, ...listed(options).flatMap((entry) => optionLines(entry))];
  }
  function sections(some: Commands, before: string): string[] {
    return Object.entries(some).flatMap(([name, command]) => section(before + name, command));
  }
  return sections(commands, '');
}

function optionLines([name, option]: ReturnType<typeof listed>[number]): string[] {
  return taggedLines(optionForms(name, option).map(styledForm).join(', '), escaped(optionText(option)));
}

/** `-s, --server PLACE`: what is typed as it is in bold, and what stands for something else in italics. */
function styledForm(form: string): string {
  return form
    .split(/((?:^|(?<=, ))--?[\w-]+|[A-Z][\w.]*|[a-z][a-z-]*)/)
    .map((part, index) => (index % 2 === 0 ? escaped(part) : /^[A-Z]/.test(part) ? italic(part) : bold(part)))
    .join('');
}

function argumentForms({ arguments: words = {}, commands: inner, groups = {} }: Command): string {
  const forms = Object.entries(words).map(([name, word]) => argumentForm(name, word));
  return [
    ...(inner === undefined ? forms : [italic('COMMAND')]),
    ...(Object.keys(groups).length > 0 ? [`[${italic('OPTIONS')}]`] : []),
  ].join(' ');
}

function argumentForm(name: string, { isRequired, isRest }: Argument): string {
  const form = `${italic(name.toUpperCase())}${isRest === true ? '...' : ''}`;
  return isRequired === true ? form : `[${form}]`;
}

function siteLines(): string[] {
  return [
    ...paragraph('A SITE is written so:'),
    ...siteWords.flatMap(([term, meaning]) => taggedLines(bold(term), escaped(meaning))),
  ];
}

/** Those of the program, then those of each command, each line once. */
function exampleLines(): string[] {
  const all = Object.keys(commands).flatMap((name) => examples[name as keyof typeof examples]);
  const told = new Map([...all, ...programExamples]);
  const first = programExamples.map(([line]) => line);
  return [...new Set([...first, ...told.keys()])].flatMap((line) =>
    taggedLines(bold(line), escaped(told.get(line) ?? '')),
  );
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith('…') ? '' : '.'}`;
}
