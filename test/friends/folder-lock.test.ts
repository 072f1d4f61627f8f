import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockFolder } from '../../source/friends/folder-lock.ts';

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function lock(folder: string, waitMs = 0) {
  return lockFolder(folder, { waitMs, inUse: (pid) => new Error(`in use by ${pid}`) });
}

/** PID, START and BOOT of this process. */
async function ownParts(): Promise<[string, string, string]> {
  const folder = aFolder();
  const { release } = await lock(folder);
  const [name = ''] = readdirSync(folder);
  release();
  const [, pid = '', start = '', boot = ''] = name.split('-');
  return [pid, start, boot];
}

test('the file of a process names it', async () => {
  const [pid] = await ownParts();
  expect(pid).toBe(String(process.pid));
});

test.runIf(process.platform === 'linux')(
  'it tells when the process and the machine have started',
  async () => {
    const [, start, boot] = await ownParts();
    expect(readFileSync('/proc/self/stat', 'utf8').split(' ')).toContain(start);
    expect(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').replaceAll('-', '').trim()).toBe(boot);
  },
);

test('a folder is used once at a time, and release() lets the next one in', async () => {
  const folder = aFolder();
  const first = await lock(folder);
  await expect(lock(folder)).rejects.toThrow(`in use by ${process.pid}`);
  expect(readdirSync(folder)).toHaveLength(1);
  const waiting = lock(folder, 50_000);
  first.release();
  const second = await waiting;
  first.release();
  await expect(lock(folder)).rejects.toThrow('in use');
  second.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('of many that come at once, each has the folder alone', async () => {
  const folder = aFolder();
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      const { release } = await lock(folder, 50_000);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      release();
    }),
  );
  expect(most).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that is not there has no lock', async () => {
  await expect(lock(join(aFolder(), 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('what others have left there stays, and keeps nobody out', async () => {
  const folder = aFolder();
  const names = [
    'process-',
    'process-x',
    'process-0-1-1-1',
    'process-12',
    'friend.json',
    'process-1-1-1-1.old',
  ];
  for (const name of names) {
    writeFileSync(join(folder, name), '');
  }
  (await lock(folder)).release();
  expect(readdirSync(folder).toSorted()).toEqual(names.toSorted());
});

test.runIf(process.platform === 'linux')(
  'the file of a process that has ended is removed at once',
  async () => {
    const [pid, start, boot] = await ownParts();
    const folder = aFolder();
    for (const name of [
      // Another process has its number now, or the machine has started again since.
      `process-${pid}-${Number(start) - 1}-${boot}-aa`,
      `process-${pid}-${start}-${boot.replace(/./, (digit) => (digit === '0' ? '1' : '0'))}-aa`,
      // No process has this number: it is above the largest that Linux gives (proc_sys_kernel(5)).
      `process-4194305-${start}-${boot}-aa`,
    ]) {
      writeFileSync(join(folder, name), '');
      const { release } = await lock(folder);
      expect(readdirSync(folder)).toHaveLength(1);
      release();
    }
    writeFileSync(join(folder, `process-${pid}-${start}-${boot}-aa`), '');
    await expect(lock(folder)).rejects.toThrow(`in use by ${pid}`);
  },
);

test.runIf(process.platform === 'linux')('where no start is known, the number counts', async () => {
  const [pid, , boot] = await ownParts();
  const folder = aFolder();
  writeFileSync(join(folder, `process-4194305-0-${boot}-aa`), '');
  (await lock(folder)).release();
  writeFileSync(join(folder, `process-${pid}-0-${boot}-aa`), '');
  await expect(lock(folder)).rejects.toThrow(`in use by ${pid}`);
});
