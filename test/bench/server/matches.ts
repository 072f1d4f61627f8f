import type { Figure } from '../figure.ts';
import {
  cpuSeconds,
  forManyClients,
  load,
  startBare,
  startRendezvous,
  type LoadedServer,
} from './programs.ts';

/** Half of them from each of two processes, because a single one would be busier than the server. */
const PER_SECOND = 1000;
const SECONDS = 10;
const MAX_P99_MS = 250;

interface Pairs {
  readonly started: number;
  readonly matched: number;
  readonly median: number;
  readonly p99: number;
}

/**
 * The matches per second of one core, and the time to a match at a steady rate,
 * compared with a server that only pairs sockets.
 */
export async function matches(): Promise<Figure[]> {
  const ours = await measured(await startRendezvous(forManyClients));
  const bare = await measured(await startBare());
  for (const [name, { perCpuSecond, median, p99 }] of Object.entries({ ours, bare })) {
    process.stdout.write(
      `      ${name}: ${perCpuSecond.toFixed(0)} matches a second of one core; at ${PER_SECOND} a second median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`,
    );
  }
  return [
    { name: 'matches: of those begun, matched', value: ours.share, atLeast: 1 },
    { name: `matches: p99 at ${PER_SECOND} a second, ms`, value: ours.p99, atMost: MAX_P99_MS },
    { name: 'matches: a second of one core', value: ours.perCpuSecond, atLeast: PER_SECOND },
    {
      name: 'matches: a second of one core, against a bare server',
      value: ours.perCpuSecond / bare.perCpuSecond,
      atLeast: 0.5,
    },
  ];
}

async function measured(server: LoadedServer) {
  try {
    // After this run the server's code is compiled.
    await load(['pairs', server.port, 200, 2]);
    const before = cpuSeconds(server.pid);
    const half = ['pairs', server.port, PER_SECOND / 2, SECONDS];
    const sides = await Promise.all([load<Pairs>(half), load<Pairs>(half)]);
    const matched = sides.reduce((sum, side) => sum + side.matched, 0);
    const started = sides.reduce((sum, side) => sum + side.started, 0);
    return {
      share: matched / started,
      perCpuSecond: matched / (cpuSeconds(server.pid) - before),
      median: Math.max(...sides.map(({ median }) => median)),
      p99: Math.max(...sides.map(({ p99 }) => p99)),
    };
  } finally {
    await server.stop();
  }
}
