/** What the three scripts are made of. This file is pure. */
import type { CompletedCommand } from './completed-commands.ts';
import type { Described } from './word-source.ts';

export interface ScriptFacts {
  readonly commands: readonly CompletedCommand[];
  /** The commands that stand first on a line. */
  readonly first: readonly Described[];
  readonly siteWords: Readonly<Record<'first' | 'later' | 'options', readonly string[]>>;
}

/** One word for bash and zsh, in which nothing is evaluated. */
export function quoted(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
