import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';

const MESSAGES = 100_000;
/**
 * How many messages are sent at a time, each way: a burst that a person could
 * paste. More at once would measure two full windows.
 */
const BATCH = 1000;
/**
 * The memory beyond that of an idle chat, as the system counts it. It includes
 * 50 to 58 MB that V8 leaves lying between two collections, the same after
 * 100,000 as after 300,000 messages (measured). A leak of a hundred bytes for
 * each of the 200,000 would be 20 MB more.
 */
const MAX_GROWTH_MB = 75;

/** Without this, V8's young generation grows by 67 MB under any load, which would hide what the program keeps. */
const smallNursery = '--max-semi-space-size=1';

const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));

/** The memory of two chats after 100,000 messages each way, compared with before. */
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
  /** Resolves when a new line of its stdout contains this text. */
  until(text: string): Promise<void>;
  /** Sends the messages with these numbers. Resolves when they have arrived, and as many of the peer's have come. */
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

/** The process's memory as the system counts it (Linux). */
function residentMegabytes({ child }: RunningChat): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1000;
}
