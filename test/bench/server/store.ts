import { missingRedis, startRedis } from '../../helpers/servers/redis-server.ts';
import type { Figure } from '../figure.ts';
import { cpuSeconds, forManyClients, load, startRendezvous, type LoadedServer } from './programs.ts';

const PROCESSES = 3;
/** What two cores bear, with the store and those who load beside the servers. */
const PER_SECOND = 300;
const SECONDS = 10;
/** Below it, three processes and a store would do less than one process without. */
const MIN_RATIO = 1;

/**
 * Three servers on one store, whose pairs come to two of them, beside one with
 * its rooms in memory. On two cores three servers, the store and the load
 * cannot show how fast they are together: so each has the same load, and what
 * counts is the time of a core that a match takes, of the servers and of the
 * store. Three cores give three times what one does, until the store has no
 * more of its own.
 */
export async function store(): Promise<Figure[]> {
  const missing = missingRedis();
  if (missing !== undefined) {
    process.stdout.write(`      no figures of a store: ${missing}\n`);
    return [];
  }
  const one = await measured([await startRendezvous(forManyClients)]);
  const redis = await startRedis();
  try {
    const info = await (await redis.client()).info('server');
    const redisPid = Number(/^process_id:(\d+)/m.exec(info)?.[1]);
    const options = [...forManyClients, '--store', redis.url];
    const servers: LoadedServer[] = [];
    for (let n = 0; n < PROCESSES; n += 1) {
      servers.push(await startRendezvous(options));
    }
    const three = await measured(servers, redisPid);
    const together = Math.min(PROCESSES * three.perCore, three.perCoreOfStore);
    process.stdout.write(
      `      matches a second of one core: ${one.perCore.toFixed(0)} with memory, ${three.perCore.toFixed(0)} with a store, ` +
        `${three.perCoreOfStore.toFixed(0)} of the store's; p99 ${one.p99.toFixed(1)} and ${three.p99.toFixed(1)} ms\n`,
    );
    return [
      { name: 'store: of those begun, matched', value: three.share, atLeast: 1 },
      {
        name: `store: matches a second of ${PROCESSES} cores, against one with memory`,
        value: together / one.perCore,
        atLeast: MIN_RATIO,
      },
    ];
  } finally {
    await redis.close();
  }
}

async function measured(servers: readonly LoadedServer[], redisPid?: number) {
  try {
    const ports = servers.map(({ port }) => port).join(',');
    // Compiled by then.
    await load(['pairs', ports, 200, 3]);
    function seconds() {
      return servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
    }
    function storeSeconds() {
      return redisPid === undefined ? 0 : cpuSeconds(redisPid);
    }
    const [before, storeBefore] = [seconds(), storeSeconds()];
    const { started, matched, p99 } = await load<{ started: number; matched: number; p99: number }>([
      'pairs',
      ports,
      PER_SECOND,
      SECONDS,
    ]);
    return {
      share: matched / started,
      p99,
      perCore: matched / (seconds() - before),
      perCoreOfStore: matched / (storeSeconds() - storeBefore),
    };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}
