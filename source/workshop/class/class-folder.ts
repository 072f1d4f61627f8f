/**
 * A class is a folder of the teacher's. Learners can put files into it, and
 * cannot list it. Each learner's file belongs to the learner and can be read by
 * the teacher alone, because the folder hands its group down. So neither root
 * nor a server is needed.
 */
import { chmodSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorCode, PunchlineError, usageError } from '../../errors.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { expectOutOfReach } from '../../storage/own-folder.ts';
import { readBoundedFile } from '../../storage/read-bounded-file.ts';
import { replaceFile } from '../../storage/replace-file.ts';
import { safeText } from '../../text/safe-text.ts';
import { workshopFolder } from '../progress/workshop-folder.ts';
import { parseMembership, parseNotice, withFrozen, type ClassNotice, type Membership } from './class-file.ts';
import { othersInGroup } from './user-names.ts';

/** Files inherit the group (2), belong to who has made them (1), and only the owner can list them. */
const FOLDER_MODE = 0o3733;
/** The bits on which the class relies: the sticky bit, and for others to write and to enter. */
const NEEDED_MODE = 0o1003;
const OTHERS_MAY_ENTER = 0o001;
const MAX_NOTICE_BYTES = 64 * 1024;
const noticeName = 'class.json';

/** The class of this user. */
export interface OwnClass extends Membership {
  readonly isTeacher: boolean;
}

/** Makes the folder of a class, or takes this user's own again. Resolves with its path. Rejects with ERR_FILE or ERR_USAGE. */
export async function makeClass(path: string): Promise<string> {
  const folder = resolve(path);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    if (errorCode(cause) !== 'EEXIST') {
      throw unusable(folder, fileTrouble(cause), 'Choose another place, for example /srv/class.', cause);
    }
    expectOwnClass(folder);
  }
  const real = realpathSync.native(folder);
  try {
    expectReachable(real);
    chmodSync(real, FOLDER_MODE);
    if (readNotice(real) === undefined) {
      await writeNotice(real, { v: 1, frozen: [] });
    }
  } catch (error) {
    throw error instanceof PunchlineError ? error : unusable(real, fileTrouble(error), undefined, error);
  }
  await remember({ v: 1, folder: real, teacher: me() });
  return real;
}

/** Begins to share this user's progress with a class. Resolves with its path. Rejects with ERR_FILE or ERR_USAGE. */
export async function joinClass(path: string): Promise<string> {
  const folder = resolve(path);
  let real: string;
  let teacher: number;
  try {
    real = realpathSync.native(folder);
    teacher = ownerOf(real);
    if (readNotice(real, teacher) === undefined) {
      throw new Error('it is not the folder of a class');
    }
  } catch (cause) {
    throw unusable(folder, fileTrouble(cause), 'Ask your teacher which folder it is.', cause);
  }
  if (teacher === me()) {
    throw usageError(
      `the class in ${safeText(real)} is yours`,
      'Its learners join it, each with a login of their own.',
    );
  }
  await remember({ v: 1, folder: real, teacher });
  return real;
}

/** Shares nothing any more, and takes back what was shared. Returns the folder; undefined if this user is in no class. */
export function leaveClass(): string | undefined {
  let own: OwnClass | undefined;
  try {
    own = ownClass();
  } catch {
    // The file that names the class is broken, and is removed below.
  }
  if (own !== undefined && !own.isTeacher) {
    try {
      rmSync(sharedPath(own.folder), { force: true });
    } catch {
      // The folder is gone, or another user has it now.
    }
  }
  rmSync(membershipPath(), { force: true });
  return own?.folder;
}

/** The class of this user; undefined without one. Throws ERR_FILE if the file that names it is broken. */
export function ownClass(): OwnClass | undefined {
  const path = membershipPath();
  try {
    const membership = parseMembership(readFileSync(path, 'utf8'));
    return { ...membership, isTeacher: membership.teacher === me() };
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') {
      return undefined;
    }
    throw new PunchlineError('ERR_FILE', `${safeText(path)} cannot be used: ${fileTrouble(cause)}`, {
      hint: 'Leave the class, and join it again: punchline workshop leave',
      cause,
    });
  }
}

/** What the teacher of a class tells. Throws ERR_FILE if the class is gone, or another user's now. */
export function noticeOf({ folder, teacher }: Membership): ClassNotice {
  try {
    if (ownerOf(folder) !== teacher) {
      throw new Error('another user has made it anew');
    }
    const notice = readNotice(folder, teacher);
    if (notice === undefined) {
      throw new Error('its class.json is not there');
    }
    return notice;
  } catch (cause) {
    throw unusable(folder, fileTrouble(cause), 'If it is over, leave it: punchline workshop leave', cause);
  }
}

/** Freezes exercises of the teacher's class, or releases them. Resolves with the new notice. */
export async function freeze(own: OwnClass, ids: readonly string[], isFrozen: boolean): Promise<ClassNotice> {
  const notice = withFrozen(noticeOf(own), ids, isFrozen);
  await writeNotice(own.folder, notice);
  return notice;
}

/** The file in which a user shares the progress. */
export function sharedPath(folder: string, user = me()): string {
  return join(folder, `${user}.json`);
}

function me(): number {
  return process.geteuid?.() ?? 0;
}

function membershipPath(): string {
  return join(workshopFolder(), 'class.json');
}

/** A user is in one class. What another one has seen is taken back. */
async function remember(membership: Membership): Promise<void> {
  if (ownClass()?.folder !== membership.folder) {
    leaveClass();
  }
  try {
    await replaceFile(membershipPath(), `${JSON.stringify(membership)}\n`, 0o600);
  } catch (cause) {
    throw new PunchlineError('ERR_FILE', `the class cannot be remembered: ${fileTrouble(cause)}`, { cause });
  }
}

async function writeNotice(folder: string, notice: ClassNotice): Promise<void> {
  try {
    await replaceFile(join(folder, noticeName), `${JSON.stringify(notice)}\n`, 0o644);
  } catch (cause) {
    throw unusable(folder, fileTrouble(cause), undefined, cause);
  }
}

/** Undefined if there is none. Throws an Error with the reason. */
function readNotice(folder: string, teacher = me()): ClassNotice | undefined {
  try {
    const { stats, text } = readBoundedFile(join(folder, noticeName), MAX_NOTICE_BYTES, {
      followsLink: false,
    });
    if (stats.uid !== teacher) {
      throw new Error('its class.json belongs to another user than the folder');
    }
    return parseNotice(text);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** The owner of a folder in which each learner's file is safe from the others. Throws an Error with the reason. */
function ownerOf(folder: string): number {
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) {
    throw new Error('it is not a folder');
  }
  if ((stats.mode & NEEDED_MODE) !== NEEDED_MODE) {
    throw new Error('it is not the folder of a class');
  }
  return stats.uid;
}

function expectOwnClass(folder: string): void {
  const stats = lstatSync(folder);
  if (!stats.isDirectory() || stats.uid !== me() || (stats.mode & NEEDED_MODE) !== NEEDED_MODE) {
    throw unusable(folder, 'its name is taken already', 'Name a folder that is not there yet.');
  }
}

/** Learners have to get there, and nobody may put another folder in its place or read what they share. */
function expectReachable(folder: string): void {
  try {
    expectOutOfReach(dirname(folder));
  } catch (cause) {
    throw unusable(folder, fileTrouble(cause), 'Choose a place that only you and root can change.', cause);
  }
  for (let at = dirname(folder); ; at = dirname(at)) {
    if ((lstatSync(at).mode & OTHERS_MAY_ENTER) === 0) {
      throw unusable(
        folder,
        `learners cannot get through ${safeText(at)}`,
        'Choose a place outside your home, for example /srv/class.',
      );
    }
    if (at === dirname(at)) {
      break;
    }
  }
  const { gid } = lstatSync(folder);
  const [other] = othersInGroup(gid, me());
  if (other !== undefined) {
    throw unusable(
      folder,
      `${safeText(other)} is in its group (${gid}) and could read what learners predict`,
      'Make it with a group of your own, for example under "newgrp".',
    );
  }
}

function unusable(folder: string, why: string, hint?: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_FILE', `the class in ${safeText(folder)} cannot be used: ${why}`, {
    ...(hint !== undefined && { hint }),
    cause,
  });
}
