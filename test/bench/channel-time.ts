import type { Lab } from '../../source/lab/lab.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';

export interface TimedChannel {
  /** From the second peer's start to its proven channel, as the program itself tells it. Infinity if there was none. */
  readonly ms: number;
  /** `lan`, `direct` or `relay`. */
  readonly path: unknown;
}

/** Connects the hosts `alice` and `bob` of a lab once, with a rendezvous of their own that has these options. */
export async function timedChannel(lab: Lab, serveOptions: readonly string[] = []): Promise<TimedChannel> {
  const { alice, bob, rendezvous } = lab.hosts;
  if (alice === undefined || bob === undefined || rendezvous === undefined) {
    throw new Error('the lab lacks a host');
  }
  const server = runPunchline(rendezvous, ['serve', '--log-level', 'silent', ...serveOptions]);
  try {
    await server.line('listening');
    const first = runPunchline(alice, ['chat', '--json', '--server', `${rendezvous.addresses[0]}`]);
    const { invite } = await first.line('invite');
    await first.line('rendezvous', ({ state }) => state === 'waiting');
    const second = runPunchline(bob, ['chat', '--json', String(invite)]);
    const { event, ms, path } = await second.line('connected').catch(() => second.line('ended'));
    for (const peer of [first, second]) {
      peer.endInput();
    }
    await Promise.all([first.exited, second.exited]);
    return { ms: event === 'connected' ? Number(ms) : Infinity, path };
  } finally {
    server.kill('SIGTERM');
    await server.exited;
  }
}
