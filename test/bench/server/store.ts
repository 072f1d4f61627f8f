import { missingRedis, startRedis } from '../../helpers/servers/redis-server.ts';
import type { Figure } from '../figure.ts';
import { cpuSeconds, forManyClients, load, startRendezvous, type LoadedServer } from './programs.ts';

const PROCESSES = 3;
/** What two cores can do, with the store and the load beside the servers. */
const PER_SECOND = 300;
const SECONDS = 10;
/** Below this ratio, three processes with a store would do less than one process without. */
const MIN_RATIO = 1;

/**
 * Three servers on one store, with pairs whose two sides come to different
 * servers, compared with one server with its rooms in memory. Two cores cannot
 * show how fast three servers, the store and the load are together. So each
 * server gets the same load, and the time of a core per match is measured, of
 * the servers and of the store. Three cores do three times as much as one,
 * until the store's own core is busy.
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
    // After this run the servers' code is compiled.
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
