import { fileURLToPath } from 'node:url';
import type { Host } from '../../../source/lab/host.ts';
import { readEventLines, type Line } from '../../../source/lab/program.ts';
import { bareEnvironment } from '../programs/bare-environment.ts';
import { typescriptNode } from '../programs/typescript-program.ts';

const program = fileURLToPath(new URL('../programs/meet-program.ts', import.meta.url));

/** One side of a meeting, in a process of its own. */
export interface Side {
  readonly lines: readonly Line[];
  readonly line: (event: string, matches?: (line: Line) => boolean) => Promise<Line>;
  readonly say: (text: string) => void;
  readonly end: () => void;
  /** Ends it at once. */
  readonly kill: () => void;
}

/** Meets a peer from a host of a lab, with options of connect(). */
export function meetInside(host: Host, options: object): Side {
  const child = host.spawn([...typescriptNode, program, JSON.stringify(options)], {
    env: { ...bareEnvironment, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
  });
  let complaints = '';
  child.stderr.on('data', (data) => {
    complaints += String(data);
  });
  const events = readEventLines(child.stdout);
  return {
    lines: events.lines,
    line: async (event, matches) => {
      const found = await events.line(event, matches);
      if (found === undefined) {
        const said = events.lines.map((line) => JSON.stringify(line)).join('\n');
        throw new Error(`No such "${event}" in ${host.name}.\n${said}\n${complaints}`);
      }
      return found;
    },
    say: (text) => void child.stdin.write(text),
    end: () => void child.stdin.end(),
    kill: () => void child.kill('SIGKILL'),
  };
}
