import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';

const MESSAGES = 100_000;
/** So many at a time, each way: a burst that a person could paste. All at once would measure two full windows. */
const BATCH = 1000;
/**
 * Above an idle chat, as the system counts it: what V8 lets lie between two
 * collections is in it, 50 to 58 MB, the same after 100,000 as after 300,000
 * messages (measured). A hundred bytes kept of each of the 200,000 would be 20 MB more.
 */
const MAX_GROWTH_MB = 75;

/** Else V8's young generation grows by 67 MB under any load, whatever is kept. */
const smallNursery = '--max-semi-space-size=1';

const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));

/** What two chats hold after 100,000 messages each way, against what they held before. */
export async function memory(): Promise<Figure[]> {
  const server = start(['serve', '--port', '0', '--host', '127.0.0.1']);
  try {
    const [line] = (await once(server.stdout, 'data')) as [string];
    const { port } = JSON.parse(line) as { port: number };
    const options = ['--code', '5000-velvet-orbit', '--server', `127.0.0.1:${port}`];
    const chats = [startChat(options), startChat(options)];
    try {
      await Promise.all(chats.map((chat) => chat.until('"event":"connected"')));
      const idle = chats.map(residentMegabytes);
      for (let said = 0; said < MESSAGES; said += BATCH) {
        await Promise.all(chats.map((chat) => chat.say(said + 1, said + BATCH)));
      }
      const growths = chats.map((chat, index) => residentMegabytes(chat) - (idle[index] ?? 0));
      process.stdout.write(`      idle ${texts(idle)} MB, grown by ${texts(growths)} MB\n`);
      return [
        {
          name: `memory: above idle after ${MESSAGES} messages each way, MB`,
          value: Math.max(...growths),
          atMost: MAX_GROWTH_MB,
        },
      ];
    } finally {
      for (const { child } of chats) {
        child.kill();
      }
    }
  } finally {
    server.kill();
  }
}

function texts(values: readonly number[]): string {
  return values.map((value) => value.toFixed(0)).join(' and ');
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [smallNursery, program, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdout.setEncoding('utf8');
  return child;
}

interface RunningChat {
  readonly child: ReturnType<typeof start>;
  /** Resolves when a line of its stdout, from now on, holds this. */
  until(text: string): Promise<void>;
  /** Says messages of these numbers, and resolves when they have arrived and as many have come. */
  say(first: number, last: number): Promise<void>;
}

function startChat(options: readonly string[]): RunningChat {
  const child = start(['chat', '--json', ...options]);
  const gone = once(child, 'close').then(() => {
    throw new Error('a chat has ended too early');
  });
  gone.catch(() => undefined);
  function until(text: string) {
    const found = new Promise<void>((resolve) => {
      let tail = '';
      function look(chunk: string) {
        tail = tail.slice(-text.length) + chunk;
        if (!tail.includes(text)) {
          return;
        }
        child.stdout.off('data', look);
        resolve();
      }
      child.stdout.on('data', look);
    });
    return Promise.race([found, gone]);
  }
  async function say(first: number, last: number) {
    const all = [until(`"delivered","id":"me-${last}"`), until(`"id":"peer-${last}"`)];
    child.stdin.write(
      Array.from(
        { length: last + 1 - first },
        (_, index) => `message ${first + index}, as somebody types\n`,
      ).join(''),
    );
    await Promise.all(all);
  }
  return { child, until, say };
}

/** What the system counts for the process (Linux). */
function residentMegabytes({ child }: RunningChat): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1000;
}
