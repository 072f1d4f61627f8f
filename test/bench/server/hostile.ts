import { floods, type FloodTally } from '../../helpers/strangers/floods.ts';
import type { Figure } from '../figure.ts';
import { leftOver, load, peakBytes, residentBytes, startFlood, startRendezvous } from './programs.ts';

const FLOODERS = 5000;
/** Ten addresses, so that the limits per address let all attackers in, and each can do its worst. */
const ADDRESSES = Array.from({ length: 10 }, (_, n) => `127.0.0.${66 + n}`);
const HONEST_PER_SECOND = 50;
const SECONDS = 8;
const MAX_P99_MS = 250;
/**
 * A third of what limits.ts allows for 5,000 clients that do their worst in
 * every way at once. It includes free memory of the heap.
 */
const MAX_GROWTH_MIB = 250;

/** What each flood must have done at least, so that its figures mean something. */
const goals: Readonly<Record<string, (tally: FloodTally) => Figure>> = {
  'send one endless line': ({ bytes }) => ({ name: 'GiB sent', value: bytes / 2 ** 30, atLeast: 1 }),
  'send wide lines': ({ lines }) => ({
    name: 'millions of wide lines sent',
    value: lines / 1e6,
    atLeast: 0.02,
  }),
  'join random rooms': ({ lines }) => ({ name: 'millions of joins sent', value: lines / 1e6, atLeast: 0.2 }),
};

/**
 * Measures honest pairs beside each kind of flood, with the usual limits: the
 * cost of the flood, and what is left of it.
 */
export async function hostile(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const name of Object.keys(floods)) {
    const server = await startRendezvous(['--exempt', '127.0.0.1/32']);
    try {
      await load(['pairs', server.port, HONEST_PER_SECOND, 2]);
      const before = residentBytes(server.pid);
      const flood = startFlood(name, server.port, FLOODERS, ADDRESSES);
      const honest = await load<{ p99: number; matched: number; started: number }>([
        'pairs',
        server.port,
        HONEST_PER_SECOND,
        SECONDS,
      ]);
      const tally = await flood.stop();
      const grown = (peakBytes(server.pid) - before) / 1024 / 1024;
      const what = `${FLOODERS} that ${name}`;
      process.stdout.write(
        `      ${what}: ${tally.connections} connections, ${(tally.bytes / 2 ** 20).toFixed(0)} MiB, ${tally.lines} lines\n`,
      );
      const goal = goals[name]?.(tally);
      figures.push(
        ...(goal === undefined ? [] : [{ ...goal, name: `${what}: ${goal.name}` }]),
        { name: `${what}: honest pairs matched`, value: honest.matched / honest.started, atLeast: 1 },
        { name: `${what}: p99 of an honest match, ms`, value: honest.p99, atMost: MAX_P99_MS },
        { name: `${what}: memory at its peak, MiB more`, value: grown, atMost: MAX_GROWTH_MIB },
        { name: `${what}: connections, rooms and seats left`, value: await leftOver(server), atMost: 0 },
      );
    } finally {
      await server.stop();
    }
  }
  return figures;
}
