/**
 * A named lab has a small folder beside its socket: `punchline`, which is this
 * very program, the `node` that runs it, and what a shell reads. The folder is on
 * the PATH inside the lab, so a lab works the same from a clone and installed.
 */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../plan/script.ts';
import { ownCommand } from '../program.ts';
import { rcFile, rcText } from './place-shell.ts';

/** Fills the folder. What a killed daemon has left there is removed. Throws Node's error. */
export function writeTools(folder: string): void {
  removeTools(folder);
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'punchline'), scriptFor(ownCommand([])), { mode: 0o700 });
  symlinkSync(process.execPath, join(folder, 'node'));
  writeFileSync(join(folder, rcFile), rcText, { mode: 0o600 });
}

export function removeTools(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** A script of the shell that runs a command with further words. */
export function scriptFor(command: readonly string[]): string {
  return `#!/bin/sh\nexec ${command.map(shellWord).join(' ')} "$@"\n`;
}
