import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import {
  appendFile,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Entry, Offer } from '../../core/file-messages.ts';
import type { Brought } from '../../core/incoming-order.ts';
import { numberedName, safeFileName, safePath } from '../../core/safe-file-name.ts';
import { codeOf, fileError } from './file-trouble.ts';
import { parseJournal, type Journal } from './journal.ts';
import { settle } from './target-folder.ts';

/** How long what was begun is worth going on with. */
const MAX_AGE_MS = 24 * 60 * 60_000;
/** Read at once for the hash of what is here already. */
const READ_BYTES = 1024 * 1024;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

/**
 * What has arrived of an offer, in a hidden folder beside its place: the files
 * as they come, the process that writes them, and a journal of what was begun,
 * by which a later run finds out how far this one came.
 */
export class PartialFiles {
  readonly #folder: string;
  readonly #stage: string;
  readonly #name: string;
  readonly #isFolder: boolean;
  /** What an earlier run has brought. */
  readonly brought: Brought;
  /** The file of the first entry, where a part of it is here. */
  #begun: string | undefined;
  #file: { readonly handle: FileHandle; readonly hash: Hash } | undefined;

  private constructor(
    folder: string,
    stage: string,
    { name, isFolder }: Offer,
    journal: Journal,
    brought: Brought,
  ) {
    this.#folder = folder;
    this.#stage = stage;
    this.#name = safeFileName(name);
    this.#isFolder = isFolder;
    this.brought = brought;
    this.#begun = brought.entries < journal.entries.length ? journal.entries.at(-1)?.path : undefined;
  }

  /** Goes on with what an earlier run has left in the folder, or begins. Throws ERR_FILE where another is at it. */
  static async open(folder: string, offer: Offer): Promise<PartialFiles> {
    const stage = join(folder, `.punchline-${Buffer.from(offer.fingerprint).toString('hex', 0, 8)}.part`);
    await dropOld(folder, stage);
    const journal = await readJournal(stage);
    if (journal === undefined) {
      await rm(stage, { recursive: true, force: true });
      await mkdir(stage, { mode: 0o700 });
      await mkdir(join(stage, 'content'));
    } else if (journal.owner !== process.pid && isRunning(journal.owner)) {
      throw fileError(
        `${safeFileName(offer.name)} is being received by another process`,
        'Wait for that one.',
      );
    }
    await writeFile(join(stage, 'owner'), `${process.pid}\n`);
    await appendFile(join(stage, 'journal'), '');
    const known: Journal = journal ?? { owner: process.pid, entries: [] };
    const partial = new PartialFiles(folder, stage, offer, known, await broughtBy(stage, known));
    if (offer.isFolder && known.entries.length === 0) {
      await mkdir(partial.#content, { recursive: true });
    }
    return partial;
  }

  get #content(): string {
    return join(this.#stage, 'content', this.#name);
  }

  /** The next entry. */
  async begin(entry: Entry): Promise<void> {
    const resumed = this.#begun;
    this.#begun = undefined;
    if (entry.isFolder) return this.#beginFolder(entry);
    if (resumed !== undefined) return this.#goOn(resumed, entry);
    const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    const wanted = this.#isFolder ? safePath(entry.path) : [];
    for (let n = 0; ; n += 1) {
      const path = this.#at([
        ...wanted.slice(0, -1),
        ...wanted.slice(-1).map((name) => numberedName(name, n)),
      ]);
      try {
        const handle = await open(path, flags, entry.isExecutable ? 0o777 : 0o666);
        this.#file = { handle, hash: createHash('sha256') };
        await this.#note(path, entry);
        return;
      } catch (error) {
        // Names that are different there may be the same here.
        if (codeOf(error) !== 'EEXIST' || wanted.length === 0 || n > 99) throw error;
      }
    }
  }

  /** The next bytes of the file. */
  async write(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#file === undefined) return;
    const { handle, hash } = this.#file;
    for (const chunk of chunks) hash.update(chunk);
    for (let rest = chunks; rest.length > 0;) {
      let { bytesWritten } = await handle.writev([...rest]);
      const done = rest.findIndex((chunk) => {
        if (bytesWritten < chunk.length) return true;
        bytesWritten -= chunk.length;
        return false;
      });
      rest =
        done < 0 ? [] : [(rest[done] ?? new Uint8Array(0)).subarray(bytesWritten), ...rest.slice(done + 1)];
    }
  }

  /** The file is whole: returns whether it is the one that was sent. */
  async end(hash: Uint8Array): Promise<boolean> {
    if (this.#file === undefined) return false;
    const file = this.#file;
    this.#file = undefined;
    await file.handle.close();
    return file.hash.digest().equals(hash);
  }

  /** All is here: gives it its name and returns the path. */
  async settle(): Promise<string> {
    const path = await settle(this.#content, this.#folder, this.#name);
    await this.discard();
    return path;
  }

  /** Nothing of it is wanted any more. */
  async discard(): Promise<void> {
    await this.leave();
    await rm(this.#stage, { recursive: true, force: true });
  }

  /** What is here stays for a later run. */
  async leave(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }

  async #beginFolder(entry: Entry): Promise<void> {
    const path = this.#at(safePath(entry.path));
    try {
      await mkdir(path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || !(await lstat(path)).isDirectory()) throw error;
    }
    await this.#note(path, entry);
  }

  /** A file of which a part is here. */
  async #goOn(path: string, entry: Entry): Promise<void> {
    const handle = await open(this.#at(path.split('/')), O_RDWR | O_NOFOLLOW);
    const hash = createHash('sha256');
    this.#file = { handle, hash };
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    for (let at = 0; at < entry.from;) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(READ_BYTES, entry.from - at), null);
      if (bytesRead === 0) return;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  /** The components are safe ones: there is no way out. */
  #at(components: readonly string[]): string {
    return join(this.#content, ...components);
  }

  async #note(path: string, { isFolder, bytes }: Entry): Promise<void> {
    const inside = path
      .slice(this.#content.length + 1)
      .split(sep)
      .join('/');
    await appendFile(join(this.#stage, 'journal'), `${JSON.stringify({ path: inside, isFolder, bytes })}\n`);
  }
}

/** The journal of a stage that can be gone on with. */
async function readJournal(stage: string): Promise<Journal | undefined> {
  try {
    const stats = await lstat(stage);
    // Somebody else's, or no folder: not to be trusted with a single byte.
    if (!stats.isDirectory() || stats.uid !== (process.getuid?.() ?? stats.uid)) return undefined;
    const [journal, owner] = await Promise.all(
      ['journal', 'owner'].map((name) => readFile(join(stage, name), 'utf8')),
    );
    return parseJournal(journal ?? '', owner ?? '');
  } catch {
    return undefined;
  }
}

/** The last file that was begun counts by what is on the disk: whether it is whole is for its hash to say. */
async function broughtBy(stage: string, { entries }: Journal): Promise<Brought> {
  const last = entries.at(-1);
  const isOpen = last !== undefined && !last.isFolder;
  const whole = isOpen ? entries.slice(0, -1) : entries;
  const files = whole.filter(({ isFolder }) => !isFolder);
  const [name = ''] = isOpen ? await readdir(join(stage, 'content')) : [];
  const partialBytes = isOpen ? (await lstat(join(stage, 'content', name, last.path))).size : 0;
  return {
    entries: whole.length,
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    partialBytes: Math.min(partialBytes, last?.bytes ?? 0),
  };
}

/** Removes what others have left here too long ago. */
async function dropOld(folder: string, own: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\.punchline-[0-9a-f]{16}\.part$/.test(name)) continue;
    const stage = join(folder, name);
    const stats = await lstat(join(stage, 'journal')).catch(() => undefined);
    if (stats === undefined || Date.now() - stats.mtimeMs < MAX_AGE_MS) continue;
    const journal = await readJournal(stage);
    const isBusy = stage !== own && journal !== undefined && isRunning(journal.owner);
    if (!isBusy) await rm(stage, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
