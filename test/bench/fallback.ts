import { createLab } from '../../source/lab/lab.ts';
import { channelTime } from './channel-time.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 10;
const WITHIN_MS = 5000;

const site = {
  mapping: 'address-and-port-dependent',
  ports: 'random',
  filtering: 'address-and-port-dependent',
  line: { delayMs: 20 },
} as const;

/** How long two peers take to connect if only a relay can connect them: neither port can be guessed. */
export async function fallback(): Promise<Figure[]> {
  const lab = await createLab({ sites: { alice: site, bob: site } });
  try {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      times.push(await channelTime(lab));
    }
    return [
      { name: 'fallback to the relay: median, ms', value: median(times), atMost: WITHIN_MS },
      { name: 'fallback to the relay: worst, ms', value: Math.max(...times), atMost: WITHIN_MS },
    ];
  } finally {
    await lab.close();
  }
}
