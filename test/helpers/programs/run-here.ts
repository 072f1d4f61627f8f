/** Runs a command line in this process: the program without its start. For commands that read no stdin. */
import process from 'node:process';
import { vi } from 'vitest';
import { runLine } from '../../../source/cli/run-line.ts';
import { program } from './punchline.ts';

export interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As for a program whose stdout is a pipe, whose home holds nothing, and whose environment names no place and no code. */
const bare = {
  HOME: '/nonexistent',
  XDG_CONFIG_HOME: '/nonexistent',
  XDG_DATA_HOME: '/nonexistent',
  XDG_STATE_HOME: '/nonexistent',
  PUNCHLINE_SERVER: undefined,
  PUNCHLINE_CODE: undefined,
  PUNCHLINE_PASSWORD: undefined,
};

let last: Promise<unknown> = Promise.resolve();

/**
 * One at a time, because all share the environment and the streams of this process. What the command starts is the
 * built program.
 */
export function runHere(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<End> {
  const end = last.then(() => runAlone(words, env));
  last = end.catch(() => undefined);
  return end;
}

async function runAlone(words: readonly string[], env: Readonly<Record<string, string>>): Promise<End> {
  const { argv } = process;
  process.argv = [process.execPath, program, ...words];
  const said = { stdout: '', stderr: '' };
  const spies: { mockRestore: () => void }[] = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  // yargs writes so.
  spies.push(
    vi.spyOn(console, 'log').mockImplementation((text) => {
      said.stdout += `${text}\n`;
    }),
  );
  for (const [name, value] of Object.entries({ ...bare, ...env })) {
    vi.stubEnv(name, value);
  }
  try {
    const { complaint, exitCode } = await runLine(words);
    return { code: exitCode, stdout: said.stdout, stderr: said.stderr + complaint };
  } finally {
    process.argv = argv;
    vi.unstubAllEnvs();
    for (const spy of spies) {
      spy.mockRestore();
    }
  }
}
