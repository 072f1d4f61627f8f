/** What a class costs: twenty learners on one server, each with a login, a lab with delays, a chat and a watch. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { openClassServer } from '../helpers/workshop/class-server.ts';
import type { Figure } from './figure.ts';

const LEARNERS = 20;
/** The teacher's machine has two cores and 8 GB. */
const MAX_MEGABYTES = 6000;
/** Two cores have 200. What is left is for what learners start and look at. */
const MAX_CPU_PERCENT = 160;
const MEASURED_MS = 20_000;
/** /proc counts in hundredths of a second. */
const TICK_MS = 10;

/** Each side says `Hello, world` every second. The line tells when they have met. */
const lesson = `
  cd
  punchline lab up w alice=port-restricted,delay=20 bob=port-restricted,delay=20 >/dev/null || exit
  punchline lab watch w --json >watch.jsonl &
  punchline lab enter w rendezvous -- punchline serve >serve.log &
  until grep -q listening serve.log; do sleep 0.2; done
  for side in alice bob; do
    punchline lab enter w $side -- punchline chat --json --code 1000-velvet-orbit --heartbeat >$side.jsonl </dev/null &
  done
  until grep -q '"connected"' alice.jsonl && grep -q '"connected"' bob.jsonl; do
    if grep '"ended"' alice.jsonl bob.jsonl; then exit; fi
    sleep 0.2
  done
  echo met
  wait`;

/** The memory and the processor of a class at work. */
export async function classOfTwenty(): Promise<Figure[]> {
  const learners = Array.from({ length: LEARNERS }, (_, index) => `learner${index + 1}`);
  using server = await openClassServer(learners);
  const start = performance.now();
  // One comes when the one before has met: nobody measures here how twenty start in the same second.
  for (const learner of learners) {
    const [command, ...args] = server.login(learner);
    const { stdout } = spawn(command, [...args, lesson], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(stdout), 'line')) as [string];
    if (line !== 'met') {
      throw new Error(`${learner} was told: ${line}`);
    }
  }
  const metMs = performance.now() - start;
  const before = usageBelow(server.pid);
  await pause(MEASURED_MS);
  const after = usageBelow(server.pid);
  process.stdout.write(
    `      all have met after ${(metMs / 1000).toFixed(0)} s; ${after.processes} processes\n`,
  );
  return [
    { name: `class: memory of ${LEARNERS} learners, MB`, value: after.megabytes, atMost: MAX_MEGABYTES },
    {
      name: `class: processor of ${LEARNERS} learners who chat, %`,
      value: (100 * (after.ms - before.ms)) / MEASURED_MS,
      atMost: MAX_CPU_PERCENT,
    },
  ];
}

interface Usage {
  readonly processes: number;
  /** What several processes share counts once. */
  readonly megabytes: number;
  /** Of all that run now. */
  readonly ms: number;
}

/** Of a process and all below it. */
function usageBelow(top: number): Usage {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(statOf);
  const below = new Set([top]);
  // A parent has a lower number only mostly, so that one look is not enough.
  for (let size = 0; size !== below.size;) {
    size = below.size;
    all.filter(({ parent }) => below.has(parent)).forEach(({ pid }) => below.add(pid));
  }
  const found = all.filter(({ pid }) => below.has(pid));
  return {
    processes: found.length,
    megabytes: found.reduce((sum, { pid }) => sum + kilobytesOf(pid), 0) / 1024,
    ms: found.reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MS,
  };
}

function statOf(name: string): readonly { pid: number; parent: number; ticks: number }[] {
  try {
    const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
    return [{ pid: Number(name), parent: Number(fields[1]), ticks }];
  } catch {
    // It has ended.
    return [];
  }
}

/** The proportional set size. */
function kilobytesOf(pid: number): number {
  try {
    return Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
