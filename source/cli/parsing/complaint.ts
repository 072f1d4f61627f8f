/** What is wrong with the options of a command line, and what may be meant. Loaded only for a wrong one. */
import { usageError, type PunchlineError } from '../../errors.ts';
import { suggest } from '../../text/suggest.ts';
import { commands, innerCommand, optionsOf, type Command } from '../options/command-table.ts';
import { optionForms } from '../options/option.ts';

const always = ['--help', '-h', '--version', '-V'];

/** A complaint of yargs in our words. It names an unknown option twice, without hyphens and with its value. */
export function complaintOf(message: string, words: readonly string[]): PunchlineError {
  const [, option = ''] = /^Not enough arguments following: (.*)$/s.exec(message) ?? [];
  if (option !== '') {
    return usageError(`${option.length === 1 ? '-' : '--'}${option} needs a value`);
  }
  const [, given] = /^Not enough non-option arguments: got (\d+), need at least \d+$/.exec(message) ?? [];
  if (given !== undefined) {
    return usageError(`${missingWords(words, Number(given))} is missing`);
  }
  const [, names] = /^Unknown arguments?: (.*)$/s.exec(message) ?? [];
  if (names === undefined) {
    return usageError(message.replaceAll(/\s+/g, ' '));
  }
  const unknown = names.split(', ');
  const typed = words.filter((word) =>
    unknown.includes(word.replace(/^--?(?:no-)?/, '').replace(/=.*/s, '')),
  );
  // Values and words may be part of a code: those are counted, not shown.
  const [first, ...others] = typed
    .filter((word) => word.startsWith('-'))
    .map((word) => word.replace(/=.*/s, ''));
  if (first === undefined) {
    return usageError(
      unknown.length === 1 ? 'there is one word too many' : `there are ${unknown.length} words too many`,
    );
  }
  return unknownOptions([first, ...others], words);
}

/** What stands nowhere on the command line, as its help calls it. */
function missingWords(words: readonly string[], given: number): string {
  const required = Object.entries(commandFor(words).arguments ?? {}).filter(([, one]) => one.isRequired);
  return required
    .slice(given)
    .map(([name]) => name.toUpperCase())
    .join(' ');
}

/** The error for options that the command does not have. */
export function unknownOptions(
  typed: readonly [string, ...string[]],
  words: readonly string[],
): PunchlineError {
  const known = knownOptions(words);
  const meant = typed.map((option) => nearest(option, known)).find((option) => option !== undefined);
  const list = typed.map((option) => `'${option}'`).join(', ');
  return usageError(
    `there is no option ${list}`,
    meant === undefined ? undefined : `Did you mean ${meant}? All options: ${helpOf(words)}`,
  );
}

/** The command line that shows the help of the command of these words. */
export function helpOf(words: readonly string[]): string {
  return ['punchline', ...commandPath(words), '--help'].join(' ');
}

/** `-json`, which yargs reads as four options of one letter. */
export function isLongWithOneHyphen(word: string, words: readonly string[]): boolean {
  return /^-[a-z][a-z-]{2,}$/.test(word) && knownOptions(words).includes(`-${word}`);
}

/** The error where nothing was typed, and nobody can be asked what to do. */
export function nothingToAskIn(): PunchlineError {
  return usageError(
    'there is no terminal to ask in',
    'Say what to do, for example: punchline chat -s example.org',
  );
}

/** The error for a number that stands apart from an option that may stand alone. */
export function numberApart(option: string, value: string): PunchlineError {
  return usageError(
    `'${value}' is not an invite`,
    `The number stands behind an equals sign: ${option}=${value}`,
  );
}

function commandPath([first = '', second = '']: readonly string[]): string[] {
  if (!Object.hasOwn(commands, first)) {
    return [];
  }
  return innerCommand(first, second) === undefined ? [first] : [first, second];
}

function commandFor(words: readonly string[]): Command {
  const [first = 'chat', second] = commandPath(words);
  return innerCommand(first, second) ?? commands[first as keyof typeof commands];
}

function knownOptions(words: readonly string[]): string[] {
  const forms = Object.entries(optionsOf(commandFor(words))).flatMap(([name, option]) =>
    optionForms(name, option),
  );
  return [...forms.flatMap((form) => form.match(/(?<=^|, )--?[\w-]+/g) ?? []), ...always];
}

function nearest(option: string, known: readonly string[]): string | undefined {
  // The hyphens would count as letters that are right.
  const name = option.replace(/^-+/, '');
  // One letter is as near to any other.
  const meant =
    name.length === 1
      ? undefined
      : suggest(
          name,
          known.map((one) => one.replace(/^-+/, '')),
        );
  return known.find((one) => one.replace(/^-+/, '') === meant);
}
