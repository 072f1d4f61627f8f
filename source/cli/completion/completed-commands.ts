/** What each command takes, for the scripts that complete it. It follows from the table of commands. */
import { commands, optionsOf, type Command, type Commands } from '../options/command-table.ts';
import { dashed, listed, type Option } from '../options/option.ts';
import { type Described, type NamedExercise, type Source, valueSource, wordSources } from './word-source.ts';

export interface CompletedOption {
  /** Each way to type it, such as `--server` and `-s`. */
  readonly forms: readonly string[];
  readonly about: string;
  /** It may be given more than once. */
  readonly isRepeatable: boolean;
  /** Absent if it takes none. */
  readonly value?: {
    readonly name: string;
    readonly source: Source;
    /** It can only stand behind an equals sign, and may be left out. */
    readonly isOptional: boolean;
  };
}

export interface CompletedCommand {
  /** The words that call it, such as `lab up`. */
  readonly path: string;
  readonly options: readonly CompletedOption[];
  /** The commands behind it. */
  readonly commands: readonly Described[];
  /** What its words are, by their position. */
  readonly words: readonly Source[];
  /** Further words are what the last one is. */
  readonly isOpen: boolean;
}

const always: readonly CompletedOption[] = [
  { forms: ['--help', '-h'], about: 'show the help', isRepeatable: false },
  { forms: ['--version', '-V'], about: 'show the version', isRepeatable: false },
];

/** All commands. Those of `friends`, `lab` and `workshop` stand behind their own. */
export function completedCommands(exercises: readonly NamedExercise[]): readonly CompletedCommand[] {
  return completed(commands, '', exercises);
}

/** The commands that stand first on a line. */
export function firstCommands(): readonly Described[] {
  return described(commands);
}

function completed(some: Commands, before: string, exercises: readonly NamedExercise[]): CompletedCommand[] {
  return Object.entries(some).flatMap(([name, command]) => {
    const path = before + name;
    const own: CompletedCommand = {
      path,
      options: listed(optionsOf(command)).flatMap(completedOptions).concat(always),
      commands: described(command.commands ?? {}),
      words: wordSources(path, exercises),
      isOpen: isOpen(command),
    };
    return [own].concat(completed(command.commands ?? {}, `${path} `, exercises));
  });
}

function described(some: Commands): Described[] {
  return Object.entries(some).map(([name, { about }]) => [name, about]);
}

function isOpen(command: Command): boolean {
  return Object.values(command.arguments ?? {}).some(({ isRest }) => isRest === true);
}

function completedOptions([name, option]: readonly [string, Option]): CompletedOption[] {
  const long = dashed(name);
  const { about } = option;
  const base = { forms: [long], about, isRepeatable: false };
  switch (option.kind) {
    case 'flag': {
      return [option.isOn === true ? { ...base, forms: [`--no-${name}`] } : base];
    }
    case 'choice': {
      const words = option.choices.map((choice): Described => [choice, '']);
      const value = {
        name: name.toUpperCase(),
        source: { kind: 'words', words },
        isOptional: false,
      } as const;
      return [
        { ...base, value },
        ...(option.off === undefined
          ? []
          : [{ ...base, forms: [`--no-${name}`], about: `the same as ${long} ${option.off}` }]),
      ];
    }
    case 'number': {
      return [{ ...base, value: valueOf(option.argument, option.bare !== undefined) }];
    }
    case 'list': {
      return [
        {
          ...base,
          isRepeatable: option.isRepeatable === true,
          value: valueOf(option.argument, option.mayStandAlone === true),
        },
      ];
    }
    case 'text': {
      const forms = option.alias === undefined ? [long] : [long, `-${option.alias}`];
      return [{ ...base, forms, value: valueOf(option.argument, false) }];
    }
  }
}

function valueOf(argument: string, isOptional: boolean): NonNullable<CompletedOption['value']> {
  return { name: argument, source: valueSource(argument), isOptional };
}
