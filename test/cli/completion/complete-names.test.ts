/** `punchline __complete`, which the scripts of the shells ask. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { expect, onTestFinished, test } from 'vitest';
import { newFolder } from '../../helpers/friends/friend-homes.ts';
import { keepFriend } from '../../helpers/friends/keep-friend.ts';
import { createPlace } from '../../helpers/lab/named-labs.ts';
import { program, startPunchline } from '../../helpers/programs/punchline.ts';
import { completingShellOrSkip } from '../../helpers/terminal/completing-shell.ts';

/** The names that it prints. It says nothing else, and never fails. */
async function names(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stderr, stdout } = await startPunchline(['__complete', ...words], { input: '', env }).ended();
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return stdout.split('\n').filter((line) => line !== '');
}

test('prints the words of codes', async () => {
  expect(await names(['words'])).toEqual(wordlist);
});

test('prints the names of friends, and nothing else of them', async () => {
  const home = newFolder();
  for (const name of ['grace', 'ada', 'Ärne']) {
    await keepFriend(home, name, { secret: randomBytes(32), role: 'b' });
  }
  expect(await names(['friends'], { XDG_DATA_HOME: home })).toEqual(['ada', 'grace', 'Ärne']);
});

test('prints no name that a shell could take for something else, and changes no file', async () => {
  const home = newFolder();
  const book = await keepFriend(home, 'ada', { secret: randomBytes(32), role: 'a' });
  const friends = join(home, 'punchline', 'friends');
  for (const [index, name] of ['$(touch made)', 'a b', 'a\nb', "a'b", '-rf', 'a;b'].entries()) {
    const folder = join(friends, String(index).padStart(32, '0'));
    mkdirSync(folder);
    const secret = randomBytes(32).toString('base64url');
    writeFileSync(
      join(folder, 'friend.json'),
      JSON.stringify({ v: 1, name, secret, role: 'a', keptAt: 1, metAt: 1 }),
    );
  }
  const before = readdirSync(friends, { recursive: true, encoding: 'utf8' }).toSorted();
  expect(await names(['friends'], { XDG_DATA_HOME: home })).toEqual(['ada']);
  // The list keeps damaged records aside, which a Tab must not do.
  expect(readdirSync(friends, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual(before);
  expect((await book.list()).damaged.length).toBeGreaterThan(0);
});

test.each([
  ['no kind', []],
  ['an unknown kind', ['secrets']],
  ['no friends', ['friends']],
  ['no labs', ['labs']],
  ['an unknown lab', ['hosts', 'gone']],
  ['what is no lab', ['sites', '../../etc']],
  ['no lab', ['sites']],
  ['an option', ['hosts', '--help']],
])('prints nothing for %s', async (_, words) => {
  const runtime = newFolder();
  expect(await names(words, { XDG_RUNTIME_DIR: runtime, HOME: runtime })).toEqual([]);
});

test('prints nothing where there is no home, or friends cannot be read', async () => {
  expect(await names(['friends'], { HOME: '', XDG_DATA_HOME: '' })).toEqual([]);
  const home = newFolder();
  mkdirSync(join(home, 'punchline'));
  writeFileSync(join(home, 'punchline', 'friends'), 'a file');
  expect(await names(['friends'], { XDG_DATA_HOME: home })).toEqual([]);
});

test('needs no current folder and no reader', () => {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-gone-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = `cd "$0" && rmdir "$0" && "$1" "$2" __complete words | wc -l`;
  const gone = spawnSync('sh', ['-c', script, folder, process.execPath, program], { encoding: 'utf8' });
  expect({ stdout: gone.stdout, stderr: gone.stderr }).toEqual({ stdout: '2048\n', stderr: '' });
  const closed = spawnSync('sh', ['-c', '"$0" "$1" __complete words >&-', process.execPath, program], {
    encoding: 'utf8',
  });
  expect(closed).toMatchObject({ status: 0, stdout: '', stderr: '' });
});

test('loads neither the screen nor the parser of the command line', () => {
  const dist = dirname(program);
  const loaded = new Set(['complete-names.js']);
  // All that it can load, for all kinds.
  for (const file of loaded) {
    const code = readFileSync(join(dist, file), 'utf8');
    const imports =
      file === 'complete-names.js'
        ? /["'`]\.\/([^"'`]+\.js)["'`]/g
        : /(?:from|\bimport)["'`]\.\/([^"'`]+)["'`]/g;
    for (const [, other = ''] of code.matchAll(imports)) {
      loaded.add(other);
    }
  }
  expect([...loaded]).toEqual(expect.arrayContaining([expect.stringMatching(/^shared-/)]));
  expect([...loaded].filter((file) => /^(?:cli\.js|(?:base|chat-command|screen)-)/.test(file))).toEqual([]);
});

test('prints the names in a lab that runs, and completes them', async (context) => {
  const { done, folder } = await createPlace(context);
  const env = { XDG_RUNTIME_DIR: folder };
  await done('up', 'class', 'alice=cone', 'bob=random,hosts=b1+b2');
  expect(await names(['labs'], env)).toEqual(['class']);
  expect(await names(['hosts', 'class'], env)).toEqual(
    expect.arrayContaining(['alice', 'b1', 'b2', 'rendezvous', 'internet', 'alice.router']),
  );
  expect(await names(['sites', 'class'], env)).toEqual(['alice', 'bob', 'rendezvous']);
  const shell = await completingShellOrSkip(context, 'bash', { env });
  expect((await shell.complete('punchline lab watch cl')).line).toBe('punchline lab watch class ');
  expect((await shell.complete('punchline lab cut class bo')).line).toBe('punchline lab cut class bob ');
  expect((await shell.complete('punchline lab enter class b')).offers.toSorted()).toEqual([
    'b1',
    'b2',
    'bob.router',
  ]);
  expect((await shell.complete('punchline lab dial class alice.r')).line).toBe(
    'punchline lab dial class alice.router ',
  );
});
