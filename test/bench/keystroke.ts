import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { openTalkOnScreen, type TalkOnScreen } from './talk-on-screen.ts';

const MESSAGES = 5000;
/** The quietest of these counts: what else the machine does comes in bursts, and is not ours. */
const ROUNDS = 6;
const KEYS = 60;
/** Faster than anybody types, slower than a frame. */
const GAP_MS = 30;
/** Between two messages: 100 a second. */
const FLOOD_MS = 10;

/** From a key to its echo, through the pseudo-terminal, with a long transcript above; p95 in ms. */
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

/** The p95 in ms. */
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
    // Greek: nothing else on the screen is.
    const letter = String.fromCharCode(0x3b1 + (key % 17));
    const echo = shown(letter);
    const startedAt = performance.now();
    terminal.write(letter);
    await echo;
    times.push(performance.now() - startedAt);
    await setTimeout(GAP_MS);
  }
  const isEmpty = shown('write');
  terminal.write('\u0015');
  await isEmpty;
  return times;
}

function p95(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.95)] ?? Infinity;
}
