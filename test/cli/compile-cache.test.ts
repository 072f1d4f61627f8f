/**
 * Code that others have planted in the cache for compiled code. Node takes an entry
 * for that of a file if it holds the hash of the file's text, which anybody can
 * write.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { crc32 } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ada, asUser, isRoot, needOtherUsers, stranger } from '../helpers/programs/other-users.ts';
import { program } from '../helpers/programs/punchline.ts';

function says(word: string) {
  return `process.stdout.write('${word}');\n`;
}
/** Of equal length, because V8 compares only lengths. */
const honest = says('honest');
const planted = says('stolen');

/** Where an entry holds the hash of the text: after three numbers of four bytes. */
const hashOffset = 12;

interface Place {
  readonly folder: string;
  /** Runs the command, in that folder; what its program says. */
  readonly run: (env: Readonly<Record<string, string>>, as?: number) => string;
  /** Writes into `cache` what another program than the honest one compiles to, as if it were that one's. */
  readonly plant: (cache: string, victim?: number) => void;
}

/** The built command, with a program of one line instead of the real one. */
function createPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-cache-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // Other users must be able to read it.
  chmodSync(folder, 0o755);
  const command = join(folder, 'punchline.cjs');
  copyFileSync(program, command);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'cli.js'), honest);
  const run: Place['run'] = (env, as) => {
    const user = as === undefined ? { words: [], env: {} } : asUser(as);
    const { error, status, stderr, stdout } = spawnSync(process.execPath, [...user.words, command, 'chat'], {
      cwd: folder,
      env: { ...user.env, ...env },
      encoding: 'utf8',
    });
    expect({ error, status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  };
  return {
    folder,
    run,
    plant: (cache, victim) => {
      const home = mkdtempSync(join(folder, 'planter-'));
      if (victim !== undefined) {
        chownSync(home, victim, victim);
      }
      writeFileSync(join(folder, 'cli.js'), planted);
      expect(run({ XDG_CACHE_HOME: home }, victim)).toBe('stolen');
      writeFileSync(join(folder, 'cli.js'), honest);
      const entries = readdirSync(home, { recursive: true, withFileTypes: true }).filter((one) =>
        one.isFile(),
      );
      expect(entries).toHaveLength(1);
      const entry = join(entries[0]!.parentPath, entries[0]!.name);
      const bytes = readFileSync(entry);
      expect(bytes.readUInt32LE(hashOffset)).toBe(crc32(planted));
      bytes.writeUInt32LE(crc32(honest), hashOffset);
      writeFileSync(entry, bytes);
      mkdirSync(dirname(cache), { recursive: true });
      cpSync(join(home, 'punchline'), cache, { recursive: true });
      rmSync(home, { recursive: true });
    },
  };
}

/** Gives a folder and all in it to another user. Everybody may read it. */
function releaseSocket(path: string, id: number): void {
  const all = readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name));
  for (const one of [path, ...all]) {
    chownSync(one, id, id);
    chmodSync(one, statSync(one).isDirectory() ? 0o755 : 0o644);
  }
}

describe('planted code runs', () => {
  test('from a folder of the user, in which nobody else could have planted it', () => {
    const { folder, plant, run } = createPlace();
    plant(join(folder, 'home', '.cache', 'punchline'));
    expect(run({ HOME: join(folder, 'home') })).toBe('stolen');
    plant(join(folder, 'caches', 'punchline'));
    expect(run({ HOME: '/nonexistent', XDG_CACHE_HOME: join(folder, 'caches') })).toBe('stolen');
  });

  test('from such a folder of another user than root', (context) => {
    needOtherUsers(context);
    const { folder, plant, run } = createPlace();
    const home = join(folder, 'home');
    plant(join(home, '.cache', 'punchline'), ada);
    releaseSocket(home, ada);
    expect(run({ HOME: home }, ada)).toBe('stolen');
  });
});

describe('planted code does not run', () => {
  test.each<[string, (caches: string) => void]>([
    ['a folder that all may write to', (caches) => chmodSync(join(caches, 'punchline'), 0o777)],
    ['a folder that its group may write to', (caches) => chmodSync(join(caches, 'punchline'), 0o775)],
    ['a folder in one that all may write to', (caches) => chmodSync(caches, 0o777)],
    ['a folder below one that all may write to', (caches) => chmodSync(dirname(caches), 0o777)],
    [
      'a folder that a link leads to',
      (caches) => {
        cpSync(join(caches, 'punchline'), join(caches, 'other'), { recursive: true });
        rmSync(join(caches, 'punchline'), { recursive: true });
        symlinkSync('other', join(caches, 'punchline'));
      },
    ],
  ])('from %s', (_, open) => {
    const { folder, plant, run } = createPlace();
    const caches = join(folder, 'home', '.cache');
    plant(join(caches, 'punchline'));
    open(caches);
    expect(run({ HOME: join(folder, 'home') })).toBe('honest');
    expect(run({ HOME: '/nonexistent', XDG_CACHE_HOME: caches })).toBe('honest');
  });

  test.each([
    ['an empty HOME', { HOME: '' }, '.cache'],
    ['a HOME that is no absolute path', { HOME: 'home' }, join('home', '.cache')],
    [
      'an XDG_CACHE_HOME that is no absolute path',
      { HOME: '/nonexistent', XDG_CACHE_HOME: 'caches' },
      'caches',
    ],
  ])('from the folder at hand with %s', (_, env, caches) => {
    const { folder, plant, run } = createPlace();
    plant(join(folder, caches, 'punchline'));
    expect(run(env)).toBe('honest');
  });

  test("as root from another user's home", (context) => {
    needOtherUsers(context);
    const { folder, plant, run } = createPlace();
    const home = join(folder, 'home');
    plant(join(home, '.cache', 'punchline'));
    releaseSocket(home, ada);
    expect(run({ HOME: home })).toBe('honest');
    // The owner of the home can swap root's folder there for another folder of root's.
    chownSync(join(home, '.cache', 'punchline'), 0, 0);
    expect(run({ HOME: home })).toBe('honest');
    chownSync(join(home, '.cache'), 0, 0);
    expect(run({ HOME: home })).toBe('honest');
  });

  test('from a folder that a stranger has made in one where all may write', (context) => {
    needOtherUsers(context);
    const { folder, plant, run } = createPlace();
    const home = join(folder, 'tmp');
    plant(join(home, '.cache', 'punchline'), ada);
    releaseSocket(join(home, '.cache'), stranger);
    // Like /tmp.
    chmodSync(home, 0o1777);
    expect(run({ HOME: home }, ada)).toBe('honest');
    chownSync(join(home, '.cache', 'punchline'), ada, ada);
    expect(run({ HOME: home }, ada)).toBe('honest');
  });
});

describe('the folder for compiled code', () => {
  test('is made so that only its user can read it, and closed if others could', () => {
    const { folder, run } = createPlace();
    run({ XDG_CACHE_HOME: join(folder, 'caches') });
    const cache = join(folder, 'caches', 'punchline');
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    expect(statSync(dirname(cache)).mode & 0o777).toBe(0o700);
    expect(readdirSync(cache)).toHaveLength(1);
    chmodSync(cache, 0o755);
    run({ XDG_CACHE_HOME: dirname(cache) });
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  test('is made in a folder like /tmp, too', () => {
    const { folder, run } = createPlace();
    mkdirSync(join(folder, 'tmp'));
    chmodSync(join(folder, 'tmp'), 0o1777);
    run({ HOME: join(folder, 'tmp') });
    expect(readdirSync(join(folder, 'tmp', '.cache', 'punchline'))).toHaveLength(1);
  });

  test('is not made in a home that does not exist or belongs to another user', () => {
    const { folder, run } = createPlace();
    expect(run({ HOME: join(folder, 'none') })).toBe('honest');
    expect(existsSync(join(folder, 'none'))).toBe(false);
    if (!isRoot) {
      return;
    }
    const home = join(folder, 'home');
    mkdirSync(home);
    chownSync(home, ada, ada);
    expect(run({ HOME: home })).toBe('honest');
    expect(readdirSync(home)).toEqual([]);
  });

  test('is not needed: a user without a home, a file instead of it', (context) => {
    const { folder, run } = createPlace();
    mkdirSync(join(folder, 'caches'));
    writeFileSync(join(folder, 'caches', 'punchline'), 'mine');
    expect(run({ XDG_CACHE_HOME: join(folder, 'caches') })).toBe('honest');
    expect(lstatSync(join(folder, 'caches', 'punchline')).isFile()).toBe(true);
    needOtherUsers(context);
    expect(run({}, ada)).toBe('honest');
  });

  test.each([
    { HOME: '/proc' },
    { HOME: '/nonexistent', XDG_CACHE_HOME: '/proc' },
    { HOME: '/nonexistent', XDG_CACHE_HOME: '/dev/null' },
  ])('is not needed, and the program starts, with %j', (env) => {
    expect(createPlace().run(env)).toBe('honest');
  });
});
