import type { Site } from '../../source/lab/plan/description.ts';
import { createLab } from '../../source/lab/lab.ts';
import { timedChannel, type TimedChannel } from './channel-time.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 10;
const WITHIN_MS = 800;

const site: Site = {
  mapping: 'address-and-port-dependent',
  ports: 'random',
  filtering: 'address-and-port-dependent',
  line: { delayMs: 20 },
};

/**
 * How long two peers take to connect if only a relay can connect them, because neither port can be guessed. A NAT that
 * does not filter lets the first dial in all the same, and the relay must not come before it.
 */
export async function fallback(): Promise<Figure[]> {
  const lenient: Site = { ...site, filtering: 'endpoint-independent' };
  const relayed = await runs({ alice: site, bob: site });
  const direct = await runs({ alice: site, bob: lenient });
  const times = relayed.map(({ ms }) => ms);
  return [
    { name: 'fallback to the relay: median, ms', value: median(times), atMost: WITHIN_MS },
    {
      name: 'fallback to the relay although one NAT lets everybody in, of 10',
      value: direct.filter(({ path }) => path === 'relay').length,
      atMost: 0,
    },
  ];
}

async function runs(sites: Readonly<Record<string, Site>>) {
  const lab = await createLab({ sites });
  try {
    const channels: TimedChannel[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      channels.push(await timedChannel(lab));
    }
    return channels;
  } finally {
    await lab.close();
  }
}
