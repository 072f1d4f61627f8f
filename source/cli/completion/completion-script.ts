/** The script that makes a shell complete punchline: one part is written by hand, the other follows from the tables. */
import { fileURLToPath } from 'node:url';
import { readOwnFile } from '../../storage/own-files.ts';
import { bashTables } from './bash-script.ts';
import { completedCommands, firstCommands } from './completed-commands.ts';
import { fishTables } from './fish-script.ts';
import type { ScriptFacts } from './script-facts.ts';
import { type NamedExercise, newSiteWords, type Shell } from './word-source.ts';
import { zshTables } from './zsh-script.ts';

const tables: Readonly<Record<Shell, (facts: ScriptFacts) => string>> = {
  bash: bashTables,
  zsh: zshTables,
  fish: fishTables,
};

/** Makes the script of a shell. The part that is written by hand stands beside this file, or beside the program. */
export function completionScript(shell: Shell, exercises: readonly NamedExercise[]): string {
  const written = readOwnFile(fileURLToPath(new URL(`shells/${shell}.sh`, import.meta.url)));
  const facts = { commands: completedCommands(exercises), first: firstCommands(), siteWords: newSiteWords() };
  return `${written}\n${tables[shell](facts)}`;
}
