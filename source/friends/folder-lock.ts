/**
 * Lets one process at a time use a folder on this machine, without the help of
 * a file system that locks. Each process puts a file of its own there, whose
 * name tells which process it is. Then it looks which others are there. If
 * another living one is, it takes its own away again.
 *
 * This is right because a file is complete as soon as it is there, and is there
 * before its process looks. Of two processes, the one that comes later sees the
 * file of the earlier one, or that one has given up or ended. If both come at
 * once, both may see each other, and both go: they try again after pauses of
 * different length. Nobody's file is taken away but one's own and those of
 * processes that have ended. No other process can get such a name, so that the
 * wrong file is never removed. After a crash the next process sees that, and
 * needs to wait for nothing.
 *
 * Other machines and other PID namespaces cannot be seen. Two of them that share
 * a folder are not kept apart.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';
import { pause } from '../network/waiting.ts';

/** In ms, between two looks. The longest is short for a person, and long for a process that changes one file. */
const MIN_PAUSE_MS = 5;
const MAX_PAUSE_MS = 60;

/** Stands for a start or boot that the system does not tell. */
const unknown = '0';

/** `process-PID-START-BOOT-RANDOM`. */
const form = /^process-(?<pid>[1-9]\d{0,9})-(?<start>\d+)-(?<boot>[\da-f]+)-[\da-f]+$/;

export interface FolderLock {
  /** Lets the next process use the folder. Called again, it does nothing. It throws nothing. */
  readonly release: () => void;
}

export interface LockOptions {
  /** How long it waits for the process that uses the folder, in ms. */
  readonly waitMs: number;
  /** Makes the error for a folder that another process still uses then. */
  readonly inUse: (pid: number) => Error;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Resolves when no other process uses the folder. Rejects with `inUse`, with the signal's reason, and with Node's error
 * if there is no such folder.
 */
export async function lockFolder(
  folder: string,
  { inUse, waitMs, signal }: LockOptions,
): Promise<FolderLock> {
  const endsAt = Date.now() + waitMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = tryFolder(folder);
    if (typeof found !== 'number') {
      return found;
    }
    if (Date.now() >= endsAt) {
      throw inUse(found);
    }
    await pause(randomInt(MIN_PAUSE_MS, MAX_PAUSE_MS), signal ?? new AbortController().signal);
  }
}

/** The lock, or the pid of the process that uses the folder. */
function tryFolder(folder: string): FolderLock | number {
  // Whoever waits shows no file, so that it does not send others away.
  const user = livingIn(folder);
  if (user !== undefined) {
    return user;
  }
  const own = join(folder, ownName());
  closeSync(openSync(own, 'wx', 0o600));
  let other: number | undefined = process.pid;
  try {
    other = livingIn(folder, own);
  } finally {
    if (other !== undefined) {
      removeFile(own);
    }
  }
  return other ?? { release: () => removeFile(own) };
}

/** The pid of a living process that has a file in the folder. Files of others are removed; `own` does not count. */
function livingIn(folder: string, own?: string): number | undefined {
  let living: number | undefined;
  for (const name of readdirSync(folder)) {
    const { boot = '', pid = '', start = '' } = form.exec(name)?.groups ?? {};
    const path = join(folder, name);
    if (pid === '' || path === own) {
      continue;
    }
    if (isLiving({ pid: Number(pid), start, boot })) {
      living = Number(pid);
    } else {
      removeFile(path);
    }
  }
  return living;
}

function ownName(): string {
  const start = startOf('self', process.pid) ?? unknown;
  return `process-${process.pid}-${start}-${bootId()}-${randomBytes(8).toString('hex')}`;
}

interface Mark {
  readonly pid: number;
  /** In ticks since the boot. The next process with the same number has another one. */
  readonly start: string;
  readonly boot: string;
}

function isLiving({ boot, pid, start }: Mark): boolean {
  if (boot !== bootId()) {
    return false;
  }
  // If /proc is that of another namespace, it tells of other processes with these numbers.
  if (start !== unknown && startOf('self', process.pid) !== undefined) {
    return startOf(String(pid), pid) === start;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** When a process has started, as proc_pid_stat(5) tells it (field 22). Undefined if it has ended, or if nobody tells. */
function startOf(entry: string, pid: number): string | undefined {
  const stat = readProc(`/proc/${entry}/stat`) ?? '';
  // The name of the program stands in parentheses, and may hold any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const hasEnded = fields[0] === 'Z' || fields[0] === 'X';
  return hasEnded || Number.parseInt(stat, 10) !== pid ? undefined : fields[19];
}

/** Another one after each start of the machine. In hexadecimal digits. */
function bootId(): string {
  return readProc('/proc/sys/kernel/random/boot_id')?.replaceAll(/[^\da-f]/g, '') || unknown;
}

/** Undefined if there is no such entry. Throws any other error: nobody counts as dead because too many files are open. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) {
      return undefined;
    }
    throw error;
  }
}

/** It may be gone already: others look, too. The next process judges a file that stays. */
function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // A disk that takes no change any more keeps it until its process has ended.
  }
}
