import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';

const program = fileURLToPath(new URL('../helpers/programs/pour-program.ts', import.meta.url));

interface Told {
  readonly event: string;
  readonly most?: number;
  readonly made?: number;
  readonly code?: string;
}

/** The program that pours, with real pipes, or with `stdin` from a file. */
function pour(args: readonly string[], stdin: 'pipe' | number = 'pipe') {
  const child = spawn(process.execPath, [program, ...args], { stdio: [stdin, 'pipe', 'pipe'] });
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
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
  return { input: child.stdin!, output: child.stdout!, exit, told, errors: () => errors };
}

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
    const folder = mkdtempSync(join(tmpdir(), 'punchline-pour-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const bytes of [randomBytes(700_000), Buffer.alloc(0)]) {
      const path = join(folder, 'in');
      writeFileSync(path, bytes);
      const file = openSync(path, 'r');
      const { output, exit, told } = pour(['in'], file);
      closeSync(file);
      expect((await buffer(output)).equals(bytes)).toBe(true);
      expect(await exit).toEqual([0, null]);
      expect(told()).toContainEqual({ event: 'final', most: expect.any(Number) as number });
    }
  });

  test('that cannot be read is an error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'punchline-pour-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const writeOnly = openSync(join(folder, 'out'), 'w');
    const { exit, told } = pour(['in'], writeOnly);
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
  });

  test('is an error if the reader goes', async () => {
    const { output, exit, told } = pour(['out', '20000000']);
    await once(output, 'data');
    output.destroy();
    await exit;
    expect(told()).toContainEqual({ event: 'error', code: 'EPIPE' });
    expect(told().map(({ event }) => event)).not.toContain('end');
  });
});
