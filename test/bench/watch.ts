import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { LabDescription } from '../../source/lab/plan/description.ts';
import { createLab, type Lab } from '../../source/lab/lab.ts';
import { watchableLab, watchLab } from '../../source/lab/watch/watch-lab.ts';
import type { WatchEvent } from '../../source/lab/watch/watch-events.ts';
import { countTraffic, processesIn } from '../helpers/lab/lab.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 5;
const UP_WITHIN_MS = 2000;
const DIALS = 1024;
/** Of this process and all tools. The trace takes half of it: nft writes each line by itself. */
const SPRAY_CPU_MS = 4000;
const IDLE_MS = 5000;
/** Bounds the wait for the last fates. A trace that falls behind is waited for as long. */
const FATES_MS = 10_000;
const LOOK_MS = 50;
/** 20 labs leave half of two cores to the chats. */
const IDLE_CPU_PERCENT = 5;
/** /proc counts in hundredths of a second. */
const TICK_MS = 10;

const line = { delayMs: 20 };
const description: LabDescription = {
  sites: {
    alice: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent', line },
    bob: {
      mapping: 'address-and-port-dependent',
      ports: 'random',
      filtering: 'address-and-port-dependent',
      line,
    },
  },
};

/** How soon a lab is watched, what a spray costs, and whether a packet of it is missing. */
export async function watch(): Promise<Figure[]> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    const { lab, end } = await watchedLab();
    times.push(performance.now() - start);
    await end();
    await lab.close();
  }
  return [
    {
      name: 'watch: a delayed lab is up and watched, median, ms',
      value: median(times),
      atMost: UP_WITHIN_MS,
    },
    ...(await sprayed()),
  ];
}

async function watchedLab() {
  const lab = await createLab(description);
  const events: WatchEvent[] = [];
  const watching = await watchLab(watchableLab('bench', description, lab), {
    onEvent: (event) => events.push(event),
  });
  return { lab, events, end: () => watching.close() };
}

async function sprayed(): Promise<Figure[]> {
  const { end, events, lab } = await watchedLab();
  try {
    const alice = lab.hosts['alice']!;
    const counted = await countTraffic(alice, { syns: 'tcp flags & (syn | ack) == syn' });
    const target = lab.routers['bob']!.addresses[0];
    const script = `
      const { connect } = require('node:net');
      for (let port = 20000; port < ${20_000 + DIALS}; port += 1) {
        connect({ host: '${target}', port, localPort: 4000 }).on('error', () => {});
      }
      setTimeout(() => process.exit(), 500);`;
    const idleBefore = await cpuMs(lab);
    await pause(IDLE_MS);
    const before = await cpuMs(lab);
    await alice.exec([process.execPath, '-e', script]);
    const { syns } = await counted();
    function synsOfAlice(): WatchEvent[] {
      return events.filter(
        (event) => event.event === 'packet' && event.flags === 'S' && event.from === 'alice',
      );
    }
    // A packet is told with its fate. One that is never told is what is measured here.
    for (let waited = 0; synsOfAlice().length < syns.packets && waited < FATES_MS; waited += LOOK_MS) {
      await pause(LOOK_MS);
    }
    const after = await cpuMs(lab);
    await end();
    const seen = synsOfAlice();
    const stopped = seen.filter((event) => event.event === 'packet' && event.fate.kind === 'stopped');
    const reasons = stopped.filter(
      (event) => event.event === 'packet' && event.fate.kind === 'stopped' && event.fate.reason !== undefined,
    );
    return [
      { name: 'watch: SYNs of a spray that left', value: syns.packets, atLeast: DIALS },
      { name: 'watch: of these not seen', value: syns.packets - seen.length, atMost: 0, atLeast: 0 },
      { name: 'watch: of these with a reason, %', value: (100 * reasons.length) / seen.length, atLeast: 95 },
      { name: 'watch: CPU of a spray, ms', value: after - before, atMost: SPRAY_CPU_MS },
      {
        name: 'watch: CPU without traffic, %',
        value: (100 * (before - idleBefore)) / IDLE_MS,
        atMost: IDLE_CPU_PERCENT,
      },
    ];
  } finally {
    await end();
    await lab.close();
  }
}

/** The time that this process and the tools in all routers have used. */
async function cpuMs({ routers }: Lab): Promise<number> {
  const own = process.cpuUsage();
  const networks = await Promise.all(
    Object.values(routers).map((router) => router.exec(['readlink', '/proc/self/ns/net'])),
  );
  const tools = networks.flatMap(({ stdout }) => processesIn(stdout.trim())).map(ticksOf);
  return (own.user + own.system) / 1000 + tools.reduce((sum, ticks) => sum + ticks, 0) * TICK_MS;
}

/** With the time of the children that have ended, as the looks at a table have. */
function ticksOf(pid: string): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
  } catch {
    return 0;
  }
}
