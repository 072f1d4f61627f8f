import type { Lab } from '../../source/lab/lab.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';

/**
 * The time from the second peer's start to its proven channel, in ms, as the
 * program itself tells it. The peers are the hosts `alice` and `bob` of a lab,
 * with a rendezvous of their own. Infinity if there was no channel.
 */
export async function channelTime(lab: Lab): Promise<number> {
  const { alice, bob, rendezvous } = lab.hosts;
  if (alice === undefined || bob === undefined || rendezvous === undefined) {
    throw new Error('the lab lacks a host');
  }
  const server = runPunchline(rendezvous, ['serve', '--log-level', 'silent']);
  try {
    await server.line('listening');
    const first = runPunchline(alice, ['chat', '--json', '--server', `${rendezvous.addresses[0]}`]);
    const { invite } = await first.line('invite');
    await first.line('rendezvous', ({ state }) => state === 'waiting');
    const second = runPunchline(bob, ['chat', '--json', String(invite)]);
    const { event, ms } = await second.line('connected').catch(() => second.line('ended'));
    for (const peer of [first, second]) {
      peer.endInput();
    }
    await Promise.all([first.exited, second.exited]);
    return event === 'connected' ? Number(ms) : Infinity;
  } finally {
    server.kill('SIGTERM');
    await server.exited;
  }
}
