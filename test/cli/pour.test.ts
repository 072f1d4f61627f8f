import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { openTerminal } from '../helpers/terminal/terminal.ts';

const program = fileURLToPath(new URL('../helpers/programs/pour-program.ts', import.meta.url));

interface Told {
  readonly event: string;
  readonly stdout?: string;
  readonly most?: number;
  readonly made?: number;
  readonly code?: string;
}

interface PourOptions {
  readonly stdin?: number | Socket;
  readonly stdout?: Socket;
  /** A command for a shell, in which `"$@"` is the program. */
  readonly shell?: string;
}

/** The program that pours. Without options, its stdin, stdout and stderr are sockets, as Node makes them. */
function pour(args: readonly string[], { stdin, stdout, shell }: PourOptions = {}) {
  const words = [process.execPath, program, ...args];
  const [command = '', ...rest] = shell === undefined ? words : ['sh', '-c', shell, 'sh', ...words];
  const child = spawn(command, rest, { stdio: [stdin ?? 'pipe', stdout ?? 'pipe', 'pipe'] });
  // With the last of what it wrote.
  const exit = once(child, 'close') as Promise<[number | null, string | null]>;
  onTestFinished(async () => {
    child.stdout?.resume();
    child.kill('SIGKILL');
    await exit;
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  function told(): Told[] {
    return errors
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Told);
  }
  function lives() {
    return child.exitCode === null && child.signalCode === null;
  }
  return { input: child.stdin!, output: child.stdout!, exit, told, lives, errors: () => errors };
}

/** Both ends of a connection over TCP. The first is for another process. */
async function connection(): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  const { port } = (await once(server, 'listening').then(() => server.address())) as AddressInfo;
  const ours = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [theirs] = (await once(server, 'connection')) as [Socket];
  server.close();
  onTestFinished(() => void ours.destroy());
  return [theirs, ours];
}

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-pour-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const numbers = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, n) => n % 251));

describe('stdin that is poured', () => {
  test.each(['0', '3'])(
    'from a pipe arrives bit for bit, into what takes %s ms for each write',
    async (ms) => {
      const { input, output, exit, told } = pour(['in', ms]);
      const bytes = randomBytes(3_000_000);
      const read = buffer(output);
      // Pieces of any size, many of which fill the pipe.
      for (let at = 0; at < bytes.length;) {
        const end = at + 1 + ((at * 7919) % 300_000);
        if (!input.write(bytes.subarray(at, end))) {
          await once(input, 'drain');
        }
        at = end;
      }
      input.end();
      expect((await read).equals(bytes)).toBe(true);
      expect(await exit).toEqual([0, null]);
      expect(
        told()
          .map(({ event }) => event)
          .toSorted(),
      ).toEqual(['end', 'final']);
    },
  );

  test('holds the writer back, and keeps little of what it wrote', async () => {
    const { input, output, told, exit } = pour(['in', '60000']);
    output.resume();
    await new Promise<void>((resolve, reject) => {
      // Far more than any pipe holds.
      input.write(Buffer.alloc(20_000_000), (error) =>
        error ? resolve() : reject(new Error('all was taken')),
      );
      output.once('data', () => input.destroy());
    });
    expect(told()).toEqual([]);
    void exit;
  });

  test('reads no further than one read while a write is under way', async () => {
    const { input, output, told, exit } = pour(['in', '3']);
    output.resume();
    input.end(Buffer.alloc(1_500_000));
    expect(await exit).toEqual([0, null]);
    const { most } = told().find(({ event }) => event === 'final')!;
    expect(most).toBeLessThanOrEqual(128 * 1024);
  });

  test('arrives with its end if it is a file, also an empty one', async () => {
    const folder = aFolder();
    for (const bytes of [randomBytes(700_000), Buffer.alloc(0)]) {
      const path = join(folder, 'in');
      writeFileSync(path, bytes);
      const file = openSync(path, 'r');
      const { output, exit, told } = pour(['in'], { stdin: file });
      closeSync(file);
      expect((await buffer(output)).equals(bytes)).toBe(true);
      expect(await exit).toEqual([0, null]);
      expect(told()).toContainEqual({ event: 'final', most: expect.any(Number) as number });
    }
  });

  test('that cannot be read is an error', async () => {
    const folder = aFolder();
    const writeOnly = openSync(join(folder, 'out'), 'w');
    const { exit, told } = pour(['in'], { stdin: writeOnly });
    closeSync(writeOnly);
    await exit;
    expect(told()).toEqual([{ event: 'error', message: expect.stringContaining('EBADF') as string }]);
  });
});

describe('what is poured into stdout', () => {
  test('arrives bit for bit, and then its end', async () => {
    const { output, exit, told } = pour(['out', '3000000']);
    const read = await buffer(output);
    expect(read.length).toBe(3_000_000);
    expect(read.every((byte, n) => byte === n % 251)).toBe(true);
    expect(await exit).toEqual([0, null]);
    expect(told()).toContainEqual({ event: 'end', made: 3_000_000 });
    // Memory that held one frame is released at once; memory with several is not.
    expect(told()).toContainEqual({ event: 'freed', alone: 1, together: 0 });
  });

  test('waits for a reader that takes nothing', async () => {
    const { output, told } = pour(['out', '20000000']);
    await eventually(() => expect(told().map(({ event }) => event)).toContain('pause'));
    const [{ made } = {}] = told();
    // As much as a pipe and the streams hold.
    expect(made).toBeLessThan(1_000_000);
    expect(told().map(({ event }) => event)).not.toContain('end');
    expect((await buffer(output)).length).toBe(20_000_000);
    await eventually(() => expect(told().map(({ event }) => event)).toContain('taken'));
  });

  test('ends for the reader of a socket while the process goes on', async () => {
    const { input, output, exit, told, lives } = pour(['out', '300000', 'stay']);
    expect((await buffer(output)).equals(numbers)).toBe(true);
    expect(lives()).toBe(true);
    input.end();
    expect(await exit).toEqual([0, null]);
    expect(told().map(({ event }) => event)).toContain('taken');
  });

  test('ends for the reader of a pipe while the process goes on', async () => {
    const path = join(aFolder(), 'read');
    const shell = `"$@" | { cat > "${path}"; echo '{"event":"read"}' >&2; }`;
    const { input, exit, told, lives } = pour(['out', '300000', 'stay'], { shell });
    await eventually(() => expect(told()).toContainEqual({ event: 'read' }));
    expect(lives()).toBe(true);
    expect(readFileSync(path).equals(numbers)).toBe(true);
    input.end();
    expect(await exit).toEqual([0, null]);
  });

  test('ends for the other end of a socket that is stdin, too, and stdin goes on', async () => {
    const [theirs, ours] = await connection();
    const { exit, lives } = pour(['out', '300000', 'stay'], { stdin: theirs, stdout: theirs });
    theirs.destroy();
    expect((await buffer(ours)).equals(numbers)).toBe(true);
    expect(lives()).toBe(true);
    ours.end();
    expect(await exit).toEqual([0, null]);
  });

  test('closes a file, and puts nothing with a meaning in its place', async () => {
    const path = join(aFolder(), 'out');
    const { input, exit, told } = pour(['out', '300000', 'stay'], { shell: `exec "$@" > "${path}"` });
    await eventually(() => expect(told().map(({ event }) => event)).toContain('taken'));
    expect(readFileSync(path).equals(numbers)).toBe(true);
    const { stdout } = told().find(({ event }) => event === 'taken')!;
    expect(stdout ?? '/dev/null').toBe('/dev/null');
    input.end();
    expect(await exit).toEqual([0, null]);
  });

  test('leaves a pipe open that carries words to a person, too', async () => {
    const { input, exit, told } = pour(['out', '0', 'stay'], { shell: '"$@" 2>&1 | cat >&2' });
    await eventually(() => expect(told().map(({ event }) => event)).toContain('taken'));
    input.end();
    expect(await exit).toEqual([0, null]);
    // The last words are written after the end.
    expect(told().at(-1)).toMatchObject({ event: 'freed' });
  });

  test.runIf(process.platform === 'linux')('leaves a shared pipe as it was', async () => {
    const path = join(aFolder(), 'flags');
    const shell = `{ "$@"; grep flags /proc/self/fdinfo/3 3>&1 > "${path}"; } | cat > /dev/null`;
    const { input, exit } = pour(['out', '300000', 'stay'], { shell });
    input.end();
    await exit;
    const [, flags = ''] = /(\d+)/.exec(readFileSync(path, 'utf8'))!;
    // O_NONBLOCK would make the next command of a script fail.
    expect(Number.parseInt(flags, 8) & constants.O_NONBLOCK).toBe(0);
  });

  test('ends on a terminal, too, which stays open', async () => {
    await using terminal = openTerminal({
      command: process.execPath,
      args: [program, 'out', '13', 'stay'],
      // Node 22 needs an option for a program in TypeScript.
      env: { NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '' },
    });
    await terminal.waitFor(/taken/);
    terminal.write('\u0004');
    expect(await terminal.exit).toEqual({ exitCode: 0, signal: 0 });
  });

  test('is an error if the last of it does not fit into a file', async () => {
    const path = join(aFolder(), 'out');
    // The last write begins below the limit, and ends above it.
    const shell = `ulimit -f 2048; exec "$@" > "${path}"`;
    const { exit, told } = pour(['out', '1050000'], { shell });
    await exit;
    expect(told()).toContainEqual({ event: 'error', code: 'EFBIG' });
    expect(told().map(({ event }) => event)).not.toContain('taken');
  });

  test('is an error if the reader goes', async () => {
    const { output, exit, told } = pour(['out', '20000000']);
    await once(output, 'data');
    output.destroy();
    await exit;
    expect(told()).toContainEqual({ event: 'error', code: 'EPIPE' });
    expect(told().map(({ event }) => event)).not.toContain('end');
    expect(told().map(({ event }) => event)).not.toContain('taken');
  });
});
