import type { Answer } from '../../source/lab/plan/description.ts';
import { createLab } from '../../source/lab/lab.ts';
import { timedChannel } from './channel-time.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 50;
const WITHIN_MS = 4000;
const BY_ADDRESS_RUNS = 20;
const line = { delayMs: 20 };

/**
 * One side has random ports, the other an endpoint-independent mapping; both filter by address and port. Then one side
 * has another port for each address, which a second address of the rendezvous shows.
 */
export async function spray(): Promise<Figure[]> {
  return [...(await figures('drop', 49)), ...(await figures('rst', 45)), await byAddress()];
}

async function byAddress(): Promise<Figure> {
  const common = { filtering: 'address-and-port-dependent', line } as const;
  const lab = await createLab({
    sites: {
      alice: { mapping: 'endpoint-independent', ...common },
      bob: { mapping: 'address-dependent', ...common },
    },
  });
  try {
    const second = lab.hosts['rendezvous']?.addresses[1] ?? '';
    const times: number[] = [];
    for (let run = 0; run < BY_ADDRESS_RUNS; run += 1) {
      times.push((await timedChannel(lab, ['--probe-host', second])).ms);
    }
    return {
      name: 'address-dependent facing endpoint-independent, with --probe-host: median, ms',
      value: median(times),
      atMost: 900,
    };
  } finally {
    await lab.close();
  }
}

async function figures(unsolicited: Answer, atLeast: number): Promise<Figure[]> {
  const common = { filtering: 'address-and-port-dependent', unsolicited, line } as const;
  const lab = await createLab({
    sites: {
      alice: { mapping: 'endpoint-independent', ...common },
      bob: { mapping: 'address-and-port-dependent', ports: 'random', ...common },
    },
  });
  try {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      times.push((await timedChannel(lab)).ms);
    }
    const name = `spray, both answer with ${unsolicited}`;
    return [
      {
        name: `${name}: of ${RUNS} within ${WITHIN_MS} ms`,
        value: times.filter((ms) => ms < WITHIN_MS).length,
        atLeast,
      },
      { name: `${name}: median, ms`, value: median(times), atMost: 700 },
      { name: `${name}: worst, ms`, value: Math.max(...times), atMost: WITHIN_MS },
    ];
  } finally {
    await lab.close();
  }
}
