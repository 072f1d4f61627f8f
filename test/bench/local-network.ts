import { createLab, type Lab } from '../../source/lab/lab.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 10;
const WITHIN_MS = 1000;
/** A question or an answer that is lost costs 1 s. */
const WORST_MS = 2000;

/** How long a guest takes on a switch without internet, from the start of its program to its channel. */
export async function localNetwork(): Promise<Figure[]> {
  const lab = await createLab({
    sites: {
      home: {
        mapping: 'endpoint-independent',
        filtering: 'address-and-port-dependent',
        hosts: ['alice', 'bob'],
      },
    },
  });
  try {
    await lab.cut('home');
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      times.push(await timeOnLink(lab));
    }
    return [
      { name: 'two on one switch: median, ms', value: median(times), atMost: WITHIN_MS },
      { name: 'two on one switch: worst, ms', value: Math.max(...times), atMost: WORST_MS },
    ];
  } finally {
    await lab.close();
  }
}

/** The guest starts as soon as the host has shown its code. Infinity if there was no channel. */
async function timeOnLink({ hosts: { alice, bob } }: Lab): Promise<number> {
  if (alice === undefined || bob === undefined) {
    throw new Error('the lab lacks a host');
  }
  const host = runPunchline(alice, ['chat', '--here', '--no-port-mapping', '--json']);
  const { code } = await host.line('invite');
  const startedAt = performance.now();
  const guest = runPunchline(bob, ['chat', String(code), '--json']);
  const { event } = await guest.line('connected').catch(() => guest.line('ended'));
  const ms = performance.now() - startedAt;
  for (const peer of [host, guest]) {
    peer.endInput();
  }
  await Promise.all([host.exited, guest.exited]);
  return event === 'connected' ? ms : Infinity;
}
