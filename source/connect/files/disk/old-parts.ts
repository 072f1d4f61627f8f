import { lstat, readdir, rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../../../errors.ts';
import { readJournal, type Journal } from './journal.ts';

/** How long a part of an offer is kept for a later run. */
const MAX_AGE_MS = 24 * 60 * 60_000;

/** Removes parts that were left here too long ago. */
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

/** Whether another process is working on it. If the computer has started since, none is, even if its number is in use again. */
export async function isBusy(stage: string, { owner }: Journal): Promise<boolean> {
  if (owner === process.pid || !isRunning(owner)) {
    return false;
  }
  const { mtimeMs } = await lstat(join(stage, 'owner'));
  return mtimeMs >= Date.now() - 1000 * uptime();
}

/** The path of the file that was begun last; undefined if the last entry is a folder, or if there is none. */
async function lastFile(stage: string, { entries }: Journal): Promise<string | undefined> {
  const last = entries.at(-1);
  if (last === undefined || last.isFolder) {
    return undefined;
  }
  const [name = ''] = await readdir(join(stage, 'content'));
  return join(stage, 'content', name, last.path);
}

/** When something was last written to the stage, in ms since the epoch. */
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
