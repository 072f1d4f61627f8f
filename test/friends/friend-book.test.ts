import {
  chmodSync,
  chownSync,
  existsSync,
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
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FriendBook } from '../../source/friends/friend-book.ts';
import { friendId } from '../../source/connect/keys/friend-keys.ts';
import { aFriend } from '../helpers/friends/a-friend.ts';

const isRoot = process.geteuid?.() === 0;

function aBook() {
  const home = mkdtempSync(join(tmpdir(), 'punchline-friends-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, 'friends');
  return { book: new FriendBook(folder), folder };
}

async function names(book: FriendBook): Promise<string[]> {
  return (await book.list()).friends.map(({ name }) => name);
}

test('without a folder there are no friends, and none is made', async () => {
  const { book, folder } = aBook();
  expect(await book.list()).toEqual({ friends: [], damaged: [] });
  expect(await book.find('ada')).toBeUndefined();
  expect(await book.waiting({ id: 'x' })).toBe(0);
  expect(existsSync(folder)).toBe(false);
});

test('a friend is kept, found by name and id, and only this user can read it', async () => {
  const { book, folder } = aBook();
  const ada = await book.add(aFriend(1), 'Ada');
  expect(ada).toEqual({ ...aFriend(1), id: friendId(aFriend(1).secret), name: 'Ada' });
  expect(await book.find('aDA')).toEqual(ada);
  expect(await book.findById(ada.id)).toEqual(ada);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, ada.id)).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, ada.id, 'friend.json')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual([ada.id]);
});

test('friends are sorted by name, and no two have the same', async () => {
  const { book } = aBook();
  for (const [number, wish] of ['zoe', 'ada', 'Ada', 'ADA'].entries()) {
    await book.add(aFriend(number), wish);
  }
  expect(await names(book)).toEqual(['ada', 'Ada-2', 'ADA-3', 'zoe']);
});

test('the same secret again replaces the record, and addMissing() leaves it', async () => {
  const { book } = aBook();
  await book.add(aFriend(1), 'ada');
  expect(await book.add({ ...aFriend(1), metAt: 9 }, 'ada')).toMatchObject({ name: 'ada', metAt: 9 });
  expect(await book.addMissing({ ...aFriend(1), metAt: 10 }, 'grace')).toBeUndefined();
  expect((await book.list()).friends).toMatchObject([{ name: 'ada', metAt: 9 }]);
  expect(await book.addMissing(aFriend(2), 'ada')).toMatchObject({ name: 'ada-2' });
});

test('a friend is renamed, also to the same name in another case, and never to that of another', async () => {
  const { book } = aBook();
  await book.add(aFriend(1), 'ada');
  await book.add(aFriend(2), 'grace');
  expect(await book.rename('ADA', 'Ada')).toMatchObject({ name: 'Ada' });
  await expect(book.rename('ada', 'GRACE')).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: 'there is a friend grace already',
  });
  await expect(book.rename('adda', 'x')).rejects.toMatchObject({ exitCode: 2, hint: 'Did you mean Ada?' });
  await expect(book.rename('ada', '7-velvet-orbit')).rejects.toMatchObject({ exitCode: 2 });
  expect(await names(book)).toEqual(['Ada', 'grace']);
});

test('a meeting changes what it changes, and what a later version has written stays', async () => {
  const { book, folder } = aBook();
  const { id } = await book.add(aFriend(1), 'ada');
  const path = join(folder, id, 'friend.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('{', '{"mood": "x",'));
  expect(await book.update(id, { metAt: 9, places: undefined })).toMatchObject({
    metAt: 9,
    places: undefined,
  });
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ mood: 'x', metAt: 9, name: 'ada' });
  expect(await book.update('0'.repeat(32), { metAt: 9 })).toBeUndefined();
});

test('a friend is removed with all that is kept', async () => {
  const { book, folder } = aBook();
  const { id } = await book.add(aFriend(1), 'ada');
  mkdirSync(join(folder, id, 'waiting'));
  for (const name of [`1-${'a'.repeat(32)}`, `12-${'b'.repeat(32)}`, `12-${'b'.repeat(32)}.draft`, 'x']) {
    writeFileSync(join(folder, id, 'waiting', name), '');
  }
  expect(await book.waiting({ id })).toBe(2);
  expect(await book.remove('Ada')).toMatchObject({ id });
  expect(readdirSync(folder)).toEqual([]);
  await expect(book.remove('ada')).rejects.toMatchObject({ code: 'ERR_USAGE' });
});

test('a friend that is held is used once, and not removed by others', async () => {
  const { book, folder } = aBook();
  const ada = await book.add(aFriend(1), 'ada');
  const held = await book.hold(ada);
  expect(held.folder).toBe(join(folder, ada.id));
  const inUse = {
    code: 'ERR_FRIEND_IN_USE',
    exitCode: 4,
    message: `ada is in use by another process (pid ${process.pid})`,
  };
  await expect(book.hold(ada)).rejects.toMatchObject(inUse);
  await expect(book.remove('ada')).rejects.toMatchObject({
    ...inUse,
    hint: 'Type /unfriend there, or end it first.',
  });
  // The process that uses it, and others, may still change the record.
  await book.update(ada.id, { metAt: 9 });
  await book.rename('ada', 'grace');
  held.release();
  (await book.hold(ada)).release();
  expect(await names(book)).toEqual(['grace']);
});

test('the one that holds a friend can remove it', async () => {
  const { book, folder } = aBook();
  const ada = await book.add(aFriend(1), 'ada');
  const held = await book.hold(ada);
  await held.remove();
  expect(readdirSync(folder)).toEqual([]);
  held.release();
  await expect(book.hold(ada)).rejects.toMatchObject({ message: 'ada is no friend any more' });
});

describe('a damaged record', () => {
  test('is kept aside and told, again and again, and the others still work', async () => {
    const { book, folder } = aBook();
    const ada = await book.add(aFriend(1), 'ada');
    const grace = await book.add(aFriend(2), 'grace');
    const path = join(folder, ada.id, 'friend.json');
    writeFileSync(path, '{"v": 1');
    expect(await book.list()).toEqual({
      friends: [grace],
      damaged: [`the friend in ${path} cannot be read: it is not JSON; it is kept as friend.json.damaged`],
    });
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe('{"v": 1');
    expect(await book.list()).toEqual({
      friends: [grace],
      damaged: [`a friend is damaged, and kept as ${path}.damaged`],
    });
    writeFileSync(path, 'worse');
    await book.list();
    expect(readFileSync(`${path}.2.damaged`, 'utf8')).toBe('worse');
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe('{"v": 1');
    // Making friends again, or an import, gives the friend back.
    writeFileSync(path, 'bad');
    expect(await book.addMissing(aFriend(1), 'ada')).toEqual(ada);
    expect(readFileSync(`${path}.3.damaged`, 'utf8')).toBe('bad');
    expect(await book.list()).toEqual({ friends: [ada, grace], damaged: [] });
  });

  test.each([
    [
      'of another friend',
      'it belongs into another folder',
      (path: string, other: string) => {
        writeFileSync(path, readFileSync(other));
      },
    ],
    ['that is a folder', 'it is no file', (path: string) => mkdirSync(path)],
    [
      'that is large',
      'it has more than 65536 bytes',
      (path: string) => {
        writeFileSync(path, ' '.repeat(100_000));
      },
    ],
  ])('is one %s', async (_, why, damage) => {
    const { book, folder } = aBook();
    const [ada, grace] = [await book.add(aFriend(1), 'ada'), await book.add(aFriend(2), 'grace')];
    const path = join(folder, ada.id, 'friend.json');
    rmSync(path);
    damage(path, join(folder, grace.id, 'friend.json'));
    expect((await book.list()).damaged).toEqual([
      `the friend in ${path} cannot be read: ${why}; it is kept as friend.json.damaged`,
    ]);
    expect(await names(book)).toEqual(['grace']);
  });

  test('is not one of a later version, nor one that is a link: they stay, and are not replaced', async () => {
    const { book, folder } = aBook();
    const [ada, grace] = [await book.add(aFriend(1), 'ada'), await book.add(aFriend(2), 'grace')];
    const paths = [ada, grace].map(({ id }) => join(folder, id, 'friend.json'));
    writeFileSync(paths[0]!, '{"v": 2}');
    rmSync(paths[1]!);
    symlinkSync('/etc/hostname', paths[1]!);
    const told = [
      `the friend in ${paths[0]} cannot be read: a later version of punchline has written it`,
      `the friend in ${paths[1]} cannot be read: it is a link`,
    ];
    expect((await book.list()).damaged.toSorted()).toEqual(told.toSorted());
    await expect(book.add(aFriend(1), 'ada')).rejects.toMatchObject({ code: 'ERR_FILE', message: told[0] });
    await expect(book.add(aFriend(2), 'ada')).rejects.toMatchObject({ code: 'ERR_FILE', message: told[1] });
    expect(readFileSync(paths[0]!, 'utf8')).toBe('{"v": 2}');
  });

  test('is the old one, the new one, or told, at whichever byte a crash has cut it or a draft', async () => {
    const { book, folder } = aBook();
    const { id } = await book.add(aFriend(1), 'ada');
    const path = join(folder, id, 'friend.json');
    const whole = readFileSync(path);
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(`${path}.0123456789ab`, whole.subarray(0, length));
      expect(await book.list()).toMatchObject({ friends: [{ name: 'ada' }], damaged: [] });
      writeFileSync(path, whole.subarray(0, length));
      const { damaged, friends } = await book.list();
      // The last byte is the end of a line.
      const isWhole = length >= whole.length - 1;
      expect({ length, friends: friends.length, damaged: damaged.length }).toEqual({
        length,
        friends: isWhole ? 1 : 0,
        damaged: isWhole ? 0 : 1,
      });
      expect(readFileSync(isWhole ? path : `${path}.damaged`)).toEqual(whole.subarray(0, length));
      rmSync(`${path}.damaged`, { force: true });
      await book.add(aFriend(1), 'ada');
      expect(readdirSync(join(folder, id))).toEqual(['friend.json']);
    }
  });
});

test('what a crash has left is removed by the next change', async () => {
  const { book, folder } = aBook();
  const { id } = await book.add(aFriend(1), 'ada');
  mkdirSync(join(folder, `${'a'.repeat(32)}.removed-0123456789ab`, 'waiting'), { recursive: true });
  mkdirSync(join(folder, 'b'.repeat(32)));
  writeFileSync(join(folder, id, 'friend.json.0123456789ab'), 'half');
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  await book.update(id, { metAt: 3 });
  expect(readdirSync(folder).toSorted()).toEqual([id, 'notes.txt'].toSorted());
  expect(readdirSync(join(folder, id))).toEqual(['friend.json']);
});

describe('the folder', () => {
  test('is that of XDG_DATA_HOME, and all above it is made', async () => {
    const { folder } = aBook();
    const data = join(folder, '..', '.local', 'share');
    vi.stubEnv('XDG_DATA_HOME', data);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { id } = await new FriendBook().add(aFriend(1), 'ada');
    expect(existsSync(join(data, 'punchline', 'friends', id, 'friend.json'))).toBe(true);
    expect(statSync(join(data, 'punchline')).mode & 0o777).toBe(0o700);
  });

  test('is missing where the variable is no absolute path and there is no home, and the value is told', async () => {
    vi.stubEnv('XDG_DATA_HOME', 'rel/ative');
    vi.stubEnv('HOME', 'nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(new FriendBook().list()).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringMatching(
        /^there is no place for friends: XDG_DATA_HOME is no absolute path \(.rel\/ative.\), and this user has no home folder$/,
      ) as string,
      hint: 'Set XDG_DATA_HOME to a folder of your own.',
    });
  });

  test('is missing where there is no home, which is told', async () => {
    vi.stubEnv('XDG_DATA_HOME', undefined);
    vi.stubEnv('HOME', 'nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    const error = {
      code: 'ERR_FILE',
      exitCode: 8,
      message: 'there is no place for friends: this user has no home folder',
      hint: 'Set XDG_DATA_HOME to a folder of your own.',
    };
    await expect(new FriendBook().list()).rejects.toMatchObject(error);
    await expect(new FriendBook().add(aFriend(1), 'ada')).rejects.toMatchObject(error);
  });

  test('is closed to others, and refused if others could write to it', async () => {
    const { book, folder } = aBook();
    await book.add(aFriend(1), 'ada');
    chmodSync(folder, 0o755);
    await book.list();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o777);
    await expect(book.list()).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: `the friends in ${folder} cannot be read: ${folder} is open to others`,
    });
    await expect(book.add(aFriend(1), 'ada')).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  test('is refused if it is a link, or a file', async () => {
    const { book, folder } = aBook();
    symlinkSync(tmpdir(), folder);
    await expect(book.list()).rejects.toThrow('is a link');
    rmSync(folder);
    writeFileSync(folder, '');
    await expect(book.add(aFriend(1), 'ada')).rejects.toThrow('is not a folder');
  });

  test.runIf(isRoot)('is refused if it belongs to somebody else', async () => {
    const { book, folder } = aBook();
    await book.add(aFriend(1), 'ada');
    chownSync(folder, 54_321, 54_321);
    for (const tried of [book.list(), book.add(aFriend(2), 'x'), book.find('ada')]) {
      await expect(tried).rejects.toMatchObject({
        code: 'ERR_FILE',
        message: expect.stringContaining(`${folder} belongs to another user (54321)`) as string,
        hint: expect.stringContaining('XDG_DATA_HOME') as string,
      });
    }
  });
});
