import { lstat, readdir, rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../../../errors.ts';
import { readJournal, type Journal } from './journal.ts';

/** How long what was begun is worth going on with. */
const MAX_AGE_MS = 24 * 60 * 60_000;

/** Removes what was left here too long ago. */
export async function dropOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\.punchline-[0-9a-f]{16}\.part$/.test(name)) {
      continue;
    }
    const stage = join(folder, name);
    const journal = await readJournal(stage);
    if (Date.now() - (await touchedAt(stage, journal)) < MAX_AGE_MS) {
      continue;
    }
    if (journal !== undefined && (await isBusy(stage, journal))) {
      continue;
    }
    await rm(stage, { recursive: true, force: true });
  }
}

/** Whether another process is at it. One of before the machine was started is not, whoever has its number by now. */
export async function isBusy(stage: string, { owner }: Journal): Promise<boolean> {
  if (owner === process.pid || !isRunning(owner)) {
    return false;
  }
  const { mtimeMs } = await lstat(join(stage, 'owner'));
  return mtimeMs >= Date.now() - 1000 * uptime();
}

/** The file that was begun last, on the disk; undefined where that is a folder, or nothing. */
async function lastFile(stage: string, { entries }: Journal): Promise<string | undefined> {
  const last = entries.at(-1);
  if (last === undefined || last.isFolder) {
    return undefined;
  }
  const [name = ''] = await readdir(join(stage, 'content'));
  return join(stage, 'content', name, last.path);
}

/** When something was last written there, in ms since the epoch. */
async function touchedAt(stage: string, journal: Journal | undefined): Promise<number> {
  const last = journal && (await lastFile(stage, journal).catch(() => undefined));
  const paths = [stage, join(stage, 'journal'), ...(last === undefined ? [] : [last])];
  const times = await Promise.all(
    paths.map((path) =>
      lstat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
