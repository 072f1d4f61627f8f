/**
 * Keeps messages, ids or entries in a friend's folder until it is killed, and
 * says on stdout, one number a line, which of them it may rely on.
 */
import { writeSync } from 'node:fs';
import { errorCode } from '../../../source/errors.ts';
import { openFriendMemory } from '../../../source/friends/memory/friend-memory.ts';

const [folder = '', what, first = '0'] = process.argv.slice(2);
/** So many at once, so that they wait for each other. */
const TOGETHER = 7;

const memory = await openFriendMemory(folder, new Uint8Array(32).fill(7), { history: true });

function idOf(n: number): string {
  return n.toString(16).padStart(32, '0');
}

/** At once, so that nothing that was said is lost with the process. */
function say(n: number): void {
  for (;;) {
    try {
      writeSync(1, `${n}\n`);
      return;
    } catch (error) {
      // The reader is slower than this program, and the pipe is full. A line goes in whole or not at all.
      if (errorCode(error) !== 'EAGAIN') {
        throw error;
      }
    }
  }
}

async function keepOne(n: number): Promise<void> {
  if (what === 'messages') {
    await memory.keep({ id: idOf(n), writtenAt: n, text: `${'long '.repeat(n % 500)}${n}` });
  } else if (what === 'entries') {
    await memory.addEntry({ from: 'peer', writtenAt: n, text: `${'long '.repeat((n * 37) % 12_000)}${n}` });
  } else {
    const isOnDisk = memory.received(idOf(n));
    // No power cut is tried here: the id counts from the moment of the call.
    say(n);
    return isOnDisk;
  }
  say(n);
}

for (let n = Number(first); ; n += TOGETHER) {
  await Promise.all(Array.from({ length: TOGETHER }, (_, index) => keepOne(n + index)));
}
