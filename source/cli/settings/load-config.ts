import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, lstatSync, readSync } from 'node:fs';
import { errorCode, outOfFiles, PunchlineError, usageError } from '../../errors.ts';
import { dirname, isAbsolute } from 'node:path';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { quote, safeText } from '../../text/safe-text.ts';
import { parseConfig, type Config } from './config.ts';

const ROOT = 0;
/** Bounds what is read: a link may lead to a file without an end. A file that names every key has 4 KB. */
const MAX_BYTES = 64 * 1024;
/**
 * The bit of a mode that lets all users write. The bit of the group does not
 * matter: many systems give each user a group of their own.
 */
const WRITABLE_BY_ALL = 0o002;

/**
 * Reads the open config file, and closes it. Throws ERR_USAGE, also if it
 * belongs to another user, who could choose the rendezvous and where files go.
 */
export function loadConfig(file: number, path: string): Config {
  try {
    return parseConfig(readText(file, path), path);
  } finally {
    closeSync(file);
  }
}

/** The text of the open config file, with a byte order mark if it has one. Throws ERR_USAGE as loadConfig() does. */
export function readText(file: number, path: string): string {
  expectOwn(file, path);
  return decode(readBytes(file, path), path);
}

/** The error for a config file that the system does not let us read. */
export function unreadable(path: string, cause: unknown): PunchlineError {
  return (
    outOfFiles(cause) ??
    new PunchlineError('ERR_USAGE', `the config file ${path} cannot be read: ${fileTrouble(cause)}`, {
      hint: 'Make it readable for this user. HOME and XDG_CONFIG_HOME say where it is.',
      cause,
    })
  );
}

/** Tells on stderr that a relative path is ignored, as the XDG Base Directory Specification demands. */
export function tellRelative(named: string): void {
  tell(`XDG_CONFIG_HOME is ignored: ${quote(named)} is no absolute path`);
}

/**
 * Tells on stderr that no config file is read, where the folder is none, or is closed to this user. Throws ERR_USAGE if
 * there is a file that cannot be read.
 */
export function tellIgnored(path: string, cause: unknown): void {
  if (isSeen(path)) {
    throw unreadable(path, cause);
  }
  const { XDG_CONFIG_HOME: named = '' } = process.env;
  const folder = isAbsolute(named) ? named : dirname(dirname(path));
  const why = errorCode(cause) === 'ENOTDIR' ? 'it is not a folder' : fileTrouble(cause);
  tell(
    isAbsolute(named)
      ? `XDG_CONFIG_HOME is ignored: ${quote(folder)}: ${why}`
      : `no config file is read from ${safeText(folder)}: ${why}`,
  );
}

/** Whether the system shows the file, if not what is in it. */
function isSeen(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function tell(sentence: string): void {
  process.stderr.write(`punchline: ${sentence}\n`);
}

function expectOwn(file: number, path: string): void {
  const stats = fstatSync(file);
  const { mode, uid } = stats;
  const euid = process.geteuid?.();
  if (euid !== undefined && uid !== euid && uid !== ROOT) {
    throw notOwn(path, `it belongs to another user (${uid})`);
  }
  if (!stats.isFile()) {
    throw refused(path, 'it is not a file', 'Replace it by a file of JSON, or delete it.');
  }
  if (euid !== undefined && (mode & WRITABLE_BY_ALL) !== 0) {
    throw notOwn(path, 'all may write to it');
  }
}

/** Returns one byte more than `MAX_BYTES` if there are more. */
function readBytes(file: number, path: string): Buffer {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  try {
    for (let count = -1; count !== 0; length += count) {
      count = readSync(file, bytes, length, bytes.length - length, null);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return bytes.subarray(0, length);
}

function decode(bytes: Buffer, path: string): string {
  if (bytes.length > MAX_BYTES) {
    throw refused(path, `it has more than ${MAX_BYTES} bytes`, 'Fix or delete it.');
  }
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isUtf16 || !isUtf8(bytes)) {
    throw refused(path, isUtf16 ? 'it is UTF-16' : 'it is not UTF-8', 'Save it as UTF-8.');
  }
  return bytes.toString('utf8');
}

function refused(path: string, why: string, hint: string): PunchlineError {
  return usageError(`the config file ${path}: ${why}`, hint);
}

function notOwn(path: string, why: string): PunchlineError {
  return refused(
    path,
    why,
    'It must belong to you or to root, and others must not be able to write to it. With sudo, "sudo -H" reads that of root.',
  );
}
