import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { openTalkOnScreen, type TalkOnScreen } from './talk-on-screen.ts';

const MESSAGES = 5000;
/** The fastest of these rounds counts, because the other load of the machine comes in bursts. */
const ROUNDS = 6;
const KEYS = 60;
/** The time between two keys: faster than anybody types, slower than a frame. */
const GAP_MS = 30;
/** The time between two messages: 100 per second. */
const FLOOD_MS = 10;

/**
 * The time from a key to its echo, through the pseudo-terminal, with a long
 * transcript; the 95th percentile in ms.
 */
export async function keystroke(): Promise<Figure[]> {
  await using talk = await openTalkOnScreen();
  const last = talk.shown('終');
  talk.say(`${Array.from({ length: MESSAGES }, (_, n) => `message ${n + 1}\n`).join('')}終\n`);
  await last;
  const quietMs = await quietestRound(talk);
  let n = 0;
  const flood = setInterval(() => {
    n += 1;
    talk.say(`flood ${n}\n`);
  }, FLOOD_MS);
  const busyMs = await quietestRound(talk);
  clearInterval(flood);
  return [
    { name: `keystroke: to its echo, ${MESSAGES} messages, p95 ms`, value: quietMs, atMost: 16 },
    { name: 'keystroke: the same while 100 messages a second come', value: busyMs, atMost: 40 },
  ];
}

/** The 95th percentile of the fastest round, in ms. */
async function quietestRound(talk: TalkOnScreen): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    best = Math.min(best, p95(await typeKeys(talk)));
  }
  return best;
}

async function typeKeys({ terminal, shown }: TalkOnScreen): Promise<number[]> {
  const times: number[] = [];
  for (let key = 0; key < KEYS; key += 1) {
    // Greek letters, because nothing else on the screen is Greek.
    const letter = String.fromCharCode(0x3b1 + (key % 17));
    const echo = shown(letter);
    const startedAt = performance.now();
    terminal.write(letter);
    await echo;
    times.push(performance.now() - startedAt);
    await setTimeout(GAP_MS);
  }
  const isEmpty = shown('Message');
  terminal.write('\u0015');
  await isEmpty;
  return times;
}

function p95(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.95)] ?? Infinity;
}
