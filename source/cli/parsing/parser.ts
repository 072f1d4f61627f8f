/** Feeds yargs: it takes the command line apart by the table of options. */
import yargs, { type Argv, type Options as YargsOption } from 'yargs';
import { usageError } from '../../errors.ts';
import {
  commands,
  friendsCommands,
  labCommands,
  optionsOf,
  workshopCommands,
  type Argument,
  type Command,
} from '../options/command-table.ts';
import type { Option } from '../options/option.ts';

/** All options of all commands, by name. Several commands may have an option of the same name. */
const everyOption = Map.groupBy(
  [commands, friendsCommands, labCommands, workshopCommands]
    .flatMap((some) => Object.values<Command>(some))
    .flatMap((command) => Object.entries(optionsOf(command))),
  ([name]) => name,
);

function namesOf(matches: (option: Option) => boolean): ReadonlySet<string> {
  return new Set(
    [...everyOption]
      .filter(([, named]) => named.every(([, option]) => matches(option)))
      .map(([name]) => name),
  );
}

const flags = namesOf((option) => option.kind === 'flag');

/** The separators of the options that may be given more than once. */
const separators = new Map(
  [...everyOption.values()].flatMap((named) =>
    named.flatMap(([name, option]) =>
      option.kind === 'list' && option.isRepeatable === true ? [[name, option.separator] as const] : [],
    ),
  ),
);

/** Those of them that may stand alone, for some command. */
const aloneLists = new Set(
  [...everyOption.values()].flatMap((named) =>
    named.flatMap(([name, option]) =>
      option.kind === 'list' && option.mayStandAlone === true ? [name] : [],
    ),
  ),
);

/**
 * The options of `chat` that may stand alone. The word behind one is the INVITE,
 * so that its value can only stand behind `=`.
 */
const bareOptions = new Map<string, number>(
  Object.entries(optionsOf(commands.chat)).flatMap(([name, option]) =>
    option.kind === 'number' && option.bare !== undefined ? [[`--${name}`, option.bare] as const] : [],
  ),
);

/** Stands for a word that is only a hyphen, which yargs would drop. No word of a command line holds a NUL. */
const hyphen = '\0-\0';

/** What yargs says, with the hyphens that were typed. */
export function withHyphens(message: string): string {
  return message.replaceAll(hyphen, '-');
}

/** What was typed: a word, or several. */
function asTyped(value: unknown): unknown {
  return Array.isArray(value) ? value.map((one: unknown) => asTyped(one)) : value === hyphen ? '-' : value;
}

/** A parser for these words that has no commands yet. */
export function createParser(words: readonly string[], version: string): Argv {
  const complete = gathered(words).map((word) =>
    word === '-' ? hyphen : bareOptions.has(word) ? `${word}=${bareOptions.get(word)}` : word,
  );
  return yargs(complete)
    .scriptName('punchline')
    .locale('en')
    .version(version)
    .alias('version', 'V')
    .parserConfiguration({
      // Otherwise only the last of the words of an argument would be left.
      'duplicate-arguments-array': true,
      'camel-case-expansion': true,
      // Otherwise the word 1e3 would become the room number 1000.
      'parse-positional-numbers': false,
    })
    .strict()
    .exitProcess(false)
    .help(false)
    .showHelpOnFail(false);
}

/** Loads what runs a command. That resolves with its exit code. */
export type Loader = () => Promise<(args: never) => Promise<number>>;

/** Runs the command that was typed. Resolves with its exit code. */
export type Run = () => Promise<number>;

/** Adds a command of the table. `choose` gets it if it was typed. */
export function addCommand(
  parser: Argv,
  [name, ...aliases]: readonly [string, ...string[]],
  command: Command,
  load: Loader,
  choose: (run: Run) => void,
): void {
  const words: readonly (readonly [string, Argument])[] = Object.entries(command.arguments ?? {});
  const forms = words.map(([word, { isRequired, isRest, mayHaveSpaces }]) => {
    const inner = isRest === true || mayHaveSpaces === true ? `${word}..` : word;
    return isRequired === true ? `<${inner}>` : `[${inner}]`;
  });
  parser.command(
    [[name, ...forms].join(' '), ...aliases],
    command.about,
    (builder: Argv) => {
      for (const [word] of words) {
        builder.positional(word, { type: 'string' });
      }
      for (const [option, facts] of Object.entries(optionsOf(command))) {
        builder.option(option, yargsOption(facts));
      }
      return builder;
    },
    (parsed) => {
      const args = Object.fromEntries(
        Object.entries(parsed).map(([option, value]) => [option, asTyped(value)]),
      );
      const spoken = words.filter(([, { mayHaveSpaces }]) => mayHaveSpaces === true);
      const joined = spoken.map(([word]) => [word, asOneText(args[word] as readonly string[])]);
      // The types of the arguments are made from the table, and so is what yargs hands over.
      const given = { ...args, ...Object.fromEntries(joined) } as never;
      choose(async () => {
        const run = await load();
        return run(given);
      });
    },
  );
}

function asOneText(words: readonly string[] = []): string | undefined {
  return words.length === 0 ? undefined : words.join(' ');
}

function yargsOption(option: Option): YargsOption {
  if (option.kind === 'flag') {
    return { type: 'boolean', coerce: last };
  }
  // Without a type, yargs gives `false` for `--no-NAME`, and a text otherwise.
  if (option.kind === 'choice' && option.off !== undefined) {
    return { coerce: last };
  }
  const alias = option.kind === 'text' && option.alias !== undefined ? { alias: option.alias } : {};
  const mayStandAlone =
    (option.kind === 'number' && option.bare !== undefined) ||
    (option.kind === 'list' && option.mayStandAlone === true);
  return { ...alias, type: 'string', requiresArg: !mayStandAlone, coerce: last };
}

/** If an option is given twice, yargs collects both values, and the last one counts. */
function last(value: unknown): unknown {
  return Array.isArray(value) ? value.at(-1) : value;
}

/** Turns `--exempt A --exempt B` into one option with both values. */
function gathered(words: readonly string[]): readonly string[] {
  const values = new Map<string, string[]>();
  const others: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const next = words[index + 1];
    const isAlone = value === undefined && aloneLists.has(name) && next?.startsWith('-') !== false;
    if (!separators.has(name) || (value === undefined && next === undefined && !isAlone)) {
      others.push(word);
      continue;
    }
    values.set(name, [...(values.get(name) ?? []), isAlone ? '' : (value ?? words[(index += 1)] ?? '')]);
  }
  return [...others, ...[...values].map(([name, all]) => `--${name}=${all.join(separators.get(name))}`)];
}

/** Without this, yargs would read --json=maybe as a no. Throws ERR_USAGE. */
export function forbidValues(words: readonly string[]): void {
  for (const word of words) {
    const [, option, name = '', value] = /^(--(?:no-)?([a-z-]+))=(.*)$/s.exec(word) ?? [];
    if (flags.has(name)) {
      throw usageError(
        `${option} takes no value, and '${value}' was given`,
        `Write ${option} or leave it out.`,
      );
    }
  }
}
