import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { openTalkOnScreen } from './talk-on-screen.ts';

/** As many messages as a transcript keeps. */
const MESSAGES = 50_000;
/** A typical message: one sentence. */
const sentence = 'the quick brown fox jumps over the lazy dog, and over the lazy dog again';
const SETTLE_MS = 3000;

/**
 * The memory of a chat with a full transcript, beyond that of an empty one. It
 * includes memory that V8 keeps free for itself.
 */
export async function transcript(): Promise<Figure[]> {
  await using talk = await openTalkOnScreen();
  await setTimeout(SETTLE_MS);
  const before = residentMiB(talk.terminal.pid);
  for (let n = 0; n < MESSAGES; n += 1000) {
    const lines = Array.from({ length: 1000 }, (_, index) => `${n + index}. ${sentence}\n`);
    const end = String.fromCodePoint(0x4e_00 + n / 1000);
    const last = talk.shown(end);
    talk.say(`${lines.join('')}${end}\n`);
    await last;
  }
  await setTimeout(SETTLE_MS);
  const after = residentMiB(talk.terminal.pid);
  process.stdout.write(`      ${before.toFixed(0)} MiB empty, ${after.toFixed(0)} MiB full\n`);
  return [
    {
      name: `transcript: memory of ${MESSAGES} messages, MiB`,
      value: after - before,
      // 6 KiB for each message: the entry, its text and layout, and garbage of a burst that V8 has not given back.
      atMost: 300,
    },
  ];
}

/** The resident memory (proc(5), VmRSS). */
function residentMiB(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}
