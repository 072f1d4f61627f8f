import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import type { Host } from '../../../source/lab/host.ts';
import type { Site } from '../../../source/lab/plan/description.ts';
import { readEventLines, type Line } from '../../../source/lab/program.ts';
import { coturnOrSkip } from '../servers/coturn.ts';
import {
  mailboxArguments,
  missingMailbox,
  missingTransit,
  transitArguments,
} from '../servers/twisted-server.ts';
import { skipWithout } from '../skip-without.ts';
import { labOrSkip } from './lab.ts';
import { typescriptNode } from '../programs/typescript-program.ts';

const program = fileURLToPath(new URL('../programs/meet-program.ts', import.meta.url));
const STUN_PORT = 3478;
const code = { number: 4711, words: ['velvet', 'orbit'] };

/** One side of a meeting, in a process of its own. */
export interface Side {
  readonly lines: readonly Line[];
  readonly line: (event: string, matches?: (line: Line) => boolean) => Promise<Line>;
  readonly say: (text: string) => void;
  readonly end: () => void;
}

/** Some sites, and on the public host a real mailbox server, a real transit relay, and coturn at two addresses. */
export async function startMailboxLab(context: TestContext, sites: Readonly<Record<string, Site>>) {
  const missing = missingMailbox() ?? missingTransit();
  if (missing !== undefined) {
    skipWithout(context, missing);
  }
  const lab = await labOrSkip(context, { sites });
  const host = lab.hosts['rendezvous']!;
  const [first = '', second = ''] = host.addresses;
  await Promise.all([
    coturnOrSkip(context, host, STUN_PORT),
    startInside(host, mailboxArguments(`tcp:4000:interface=${first}`)),
    startInside(host, transitArguments(`tcp:4001:interface=${first}`)),
  ]);
  const options = {
    server: { mailbox: `ws://${first}:4000/v1` },
    stun: [first, second].map((one) => ({ host: one, port: STUN_PORT })),
    transit: { host: first, port: 4001 },
    code,
  };
  return {
    lab,
    run: (name: 'alice' | 'bob', more: object = {}) => meet(lab.hosts[name]!, { ...options, ...more }),
  };
}

/** Resolves when it listens. It ends with the lab. */
async function startInside(host: Host, args: readonly string[]): Promise<void> {
  const child = host.spawn(['twist3', ...args]);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        said += String(data);
        if (/ starting on \d+/.test(said)) {
          resolve();
        }
      });
    }
    void child.exited.then(() => reject(new Error(`twist3 has ended: ${said}`)));
  });
}

function meet(host: Host, options: object): Side {
  const child = host.spawn([...typescriptNode, program, JSON.stringify(options)], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
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
  };
}
