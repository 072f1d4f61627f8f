import { setTimeout as sleep } from 'node:timers/promises';
import { floods } from '../../helpers/floods.ts';
import type { Figure } from '../figure.ts';
import { countsOf, load, residentBytes, startLoad, startRendezvous, type LoadedServer } from './programs.ts';

const FLOODERS = 5000;
const HONEST_PER_SECOND = 20;
const SECONDS = 5;
const MAX_P99_MS = 250;
/** What a thousand of an address may make the server hold at their worst (limits.ts), and a heap that has not been collected. */
const MAX_GROWTH_MIB = 250;
/** Lingering, first lines and returns are over by then. */
const SETTLE_MS = 45_000;

/** Honest pairs beside each kind of flood, with the limits as they are; and what is left of it. */
export async function hostile(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const name of Object.keys(floods)) {
    const server = await startRendezvous(['--exempt', '127.0.0.1/32']);
    try {
      await load(['pairs', server.port, 50, 2]);
      const before = residentBytes(server.pid);
      const beginning = startLoad(['flood', name, server.port, FLOODERS, '127.0.0.66']);
      const honest = await load<{ p99: number; matched: number; started: number }>([
        'pairs',
        server.port,
        HONEST_PER_SECOND,
        SECONDS,
      ]);
      const flood = await beginning;
      const grown = (residentBytes(server.pid) - before) / 1024 / 1024;
      await flood.stop();
      const left = await settled(server);
      const what = `${FLOODERS} that ${name}`;
      figures.push(
        { name: `${what}: honest pairs matched`, value: honest.matched / honest.started, atLeast: 1 },
        { name: `${what}: p99 of an honest match, ms`, value: honest.p99, atMost: MAX_P99_MS },
        { name: `${what}: memory, MiB`, value: grown, atMost: MAX_GROWTH_MIB },
        { name: `${what}: connections, rooms and seats left`, value: left, atMost: 0 },
      );
    } finally {
      await server.stop();
    }
  }
  return figures;
}

async function settled(server: LoadedServer): Promise<number> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const counts = await countsOf(server);
    const left = ['connections', 'rooms', 'seats', 'probes'].reduce(
      (sum, kind) => sum + (counts.get(kind) ?? 0),
      0,
    );
    if (left === 0 || performance.now() > deadline) return left;
    await sleep(100);
  }
}
