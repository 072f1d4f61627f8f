import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readEventLines, type Line } from '../../../source/lab/program.ts';
import type { Exit, Host } from '../../../source/lab/host.ts';
import { bareEnvironment } from '../programs/bare-environment.ts';
import { patienceMs } from '../eventually.ts';

/** The built program in a host of a lab. Its output is read as lines of JSON. */
export interface PunchlineInside {
  /** All lines so far. */
  readonly lines: readonly Line[];
  readonly exited: Promise<Exit>;
  /**
   * Resolves with the first matching line, past or to come. Rejects with the
   * whole output if the program ends without one, or the time of the test does.
   */
  line(event: string, matches?: (line: Line) => boolean): Promise<Line>;
  /** Writes one line to its stdin. */
  type(text: string): void;
  /** Ends its stdin. */
  endInput(): void;
  kill(signal: NodeJS.Signals): boolean;
}

export const builtProgram = fileURLToPath(new URL('../../../dist/punchline.cjs', import.meta.url));

/**
 * Runs the built program in a host, without this machine's configuration. It
 * ends with the lab. `under`: words before the command.
 */
export function runPunchline(
  host: Host,
  args: readonly string[],
  under: readonly string[] = [],
): PunchlineInside {
  const child = host.spawn([...under, process.execPath, builtProgram, ...args], {
    env: bareEnvironment,
  });
  const complaints: string[] = [];
  child.stderr.on('data', (data) => complaints.push(String(data)));
  const events = readEventLines(child.stdout);

  return {
    lines: events.lines,
    exited: child.exited,
    line: async (event, matches) => {
      const patience = new AbortController();
      const found = await Promise.race([
        events.line(event, matches),
        pause(patienceMs(), undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
      if (found !== undefined) {
        return found;
      }
      const said = events.lines.map((line) => JSON.stringify(line)).join('\n');
      throw new Error(`No such "${event}" in ${host.name}.\n${said}\n${complaints.join('')}`);
    },
    type: (text) => void child.stdin.write(`${text}\n`),
    endInput: () => void child.stdin.end(),
    kill: (signal) => child.kill(signal),
  };
}
