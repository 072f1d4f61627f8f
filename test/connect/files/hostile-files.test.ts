import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Entry, FileMessage, Offer } from '../../../source/connect/files/wire/file-messages.ts';
import { WINDOW_BYTES } from '../../../source/connect/session/wire/session-stream.ts';
import { eventually } from '../../helpers/eventually.ts';
import { usedBytes } from '../../helpers/steps/held-bytes.ts';
import { aTurn } from '../../helpers/sessions/moving-sessions.ts';
import {
  aFolder,
  connectedSides,
  expectTalk,
  offerTo,
  sideAndStranger,
} from '../../helpers/sessions/file-sides.ts';
import { samples } from '../../helpers/samples.ts';

const offer: { readonly type: 'offer' } & Offer = {
  type: 'offer',
  id: 1,
  name: 'photo.jpg',
  bytes: 5,
  files: 1,
  isFolder: false,
  fingerprint: new Uint8Array(32).fill(7),
};
const entry: { readonly type: 'entry' } & Entry = {
  type: 'entry',
  id: 1,
  isFolder: false,
  isExecutable: false,
  bytes: 5,
  from: 0,
  path: '',
};
function chunk(text: string): FileMessage {
  return { type: 'chunk', id: 1, bytes: Buffer.from(text) };
}
function hashOf(text: string) {
  return createHash('sha256').update(text).digest();
}
function end(text: string): FileMessage {
  return { type: 'end', id: 1, hash: hashOf(text) };
}
const complete: FileMessage = { type: 'complete', id: 1 };

/** A stranger whose offer was accepted. */
async function accepted(change: Partial<Offer> = {}) {
  const sides = sideAndStranger();
  sides.say({ ...offer, ...change });
  (await offerTo(sides.side)).accept();
  await eventually(() => expect(sides.heard.at(-1)).toMatchObject({ type: 'accept', entries: 0, bytes: 0 }));
  return sides;
}

describe('a peer that sends something other than it offered', () => {
  test.each<[string, readonly FileMessage[]]>([
    ['more data comes than the file has', [entry, chunk('hello!')]],
    ['more bytes come than were offered', [{ ...entry, bytes: 6 }]],
    ['a file ends early', [entry, chunk('hell'), end('hell')]],
    ['0 files have come of 1 that were offered', [complete]],
    ['all is said to be sent, but a file has not ended', [entry, chunk('hello'), complete]],
    ['the bytes that came are not those that were sent', [entry, chunk('hello'), end('world')]],
    ['more files come than were offered', [entry, chunk('hello'), end('hello'), { ...entry, bytes: 0 }]],
    ['a folder comes, but a file was offered', [{ ...entry, isFolder: true }]],
    ['a file begins at another offset than was asked for', [{ ...entry, from: 4 }]],
    ['data comes that belongs to no file', [chunk('hello')]],
  ])('hears the reason: %s; nothing of it stays', async (reason, messages) => {
    const { side, stranger, heard, say } = await accepted();
    say(...messages);
    expect(await side.until('r1', 'failed')).toMatchObject({ reason });
    await eventually(() => expect(heard.at(-1)).toEqual({ type: 'stop', id: 1, isFailure: true, reason }));
    await eventually(() => expect(readdirSync(side.folder)).toEqual([]));
    say(chunk('more'), complete);
    await expectTalk(stranger, side);
    expect(side.states('r1')).toEqual(['offered', 'accepted', 'failed']);
  });

  test('hears that nothing was asked for if nobody has answered its offer', async () => {
    const { side, stranger, heard, say } = sideAndStranger();
    say(offer, entry, chunk('hello'));
    await side.until('r1', 'failed');
    expect(heard.at(-1)).toMatchObject({ type: 'stop', reason: 'data comes before it was asked for' });
    expect(readdirSync(side.folder)).toEqual([]);
    await expectTalk(stranger, side);
  });

  test('without any offer is ignored', async () => {
    const { side, stranger, say } = sideAndStranger();
    say(
      entry,
      chunk('hello'),
      end('hello'),
      complete,
      { type: 'done', id: 9 },
      { type: 'accept', id: 9, entries: 0, bytes: 0 },
    );
    await expectTalk(stranger, side);
    expect([side.events, readdirSync(side.folder)]).toEqual([[], []]);
  });

  test('and goes on after a cancel is ignored', async () => {
    const { side, stranger, say } = await accepted();
    say(entry, chunk('he'));
    side.files.cancel('r1');
    say(chunk('llo'), end('hello'), complete);
    await expectTalk(stranger, side);
    await eventually(() => expect(readdirSync(side.folder)).toEqual([]));
    expect(side.states('r1')).toEqual(['offered', 'accepted', 'cancelled']);
  });
});

describe('an offer that nobody can accept', () => {
  test.each<[Partial<Offer>, RegExp]>([
    [{ bytes: 2 ** 60 }, /^more bytes are offered than any disk has$/],
    [{ files: 100_000, isFolder: true }, /^100000 files are offered, and at most 50000 are accepted$/],
  ])('such as one of %o is declined without a question', async (change, reason) => {
    const { side, stranger, heard, say } = sideAndStranger();
    say({ ...offer, ...change });
    expect(await side.until('r1', 'declined')).toMatchObject({
      by: 'me',
      reason: expect.stringMatching(reason) as string,
    });
    await eventually(() =>
      expect(heard).toMatchObject([{ type: 'decline', reason: expect.stringMatching(reason) as string }]),
    );
    expect(side.offers).toEqual([]);
    await expectTalk(stranger, side);
  });

  test('because the disk has no room fails before a byte was sent', async () => {
    const { side, stranger, heard, say } = sideAndStranger();
    say({ ...offer, bytes: 2 ** 52 });
    (await offerTo(side)).accept();
    const { reason } = await side.until('r1', 'failed');
    expect(reason).toMatch(/^nothing can be put into the folder: 4503599627370496 bytes are needed/);
    await eventually(() =>
      expect(heard).toMatchObject([
        { type: 'stop', isFailure: true, reason: "there is no room for it on the peer's disk" },
      ]),
    );
    await eventually(() => expect(readdirSync(side.folder)).toEqual([]));
    await expectTalk(stranger, side);
  });

  test('is declined if a hundred others are not answered yet', async () => {
    const { side, say } = sideAndStranger();
    say(...Array.from({ length: 101 }, (_, n) => ({ ...offer, id: n + 1 })));
    expect(await side.until('r101', 'declined')).toMatchObject({ reason: '100 offers wait for an answer' });
    expect(side.offers).toHaveLength(100);
  });

  test('waits if it is not among the first 1,000 of a second, and of those that are declined the number is told', async () => {
    const { side, heard, say } = sideAndStranger();
    const count = 3000;
    say(...Array.from({ length: count }, (_, n) => ({ ...offer, id: n + 1, files: 7 })));
    await eventually(() => expect(heard).toHaveLength(count));
    function named() {
      return side.events.filter(({ state }) => state === 'declined');
    }
    function told() {
      return side.refused.reduce((sum, offers) => sum + offers, named().length);
    }
    await eventually(() => expect(told()).toBe(count));
    // Offers that come in one frame are read together.
    expect(Math.max(...side.refused)).toBeLessThan(1300);
    expect(side.events.slice(0, 2)).toMatchObject([
      { id: 'r1', state: 'offered' },
      { id: 'r1', state: 'declined', reason: '7 files are offered as one file' },
    ]);
    expect(side.events.length).toBeLessThan(20);
  });

  test('that a listener declines at once is counted in that number, too', async () => {
    const { side, say } = sideAndStranger();
    side.answerWith = (one) => one.decline('not now');
    say(...Array.from({ length: 10 }, (_, n) => ({ ...offer, id: n + 1 })));
    await eventually(() => expect(side.refused).toEqual([9]));
    expect(side.states('r1')).toEqual(['offered', 'declined']);
    expect(side.events).toHaveLength(2);
  });

  test('is not read while the peer does not read our answers, and is read when it does', async () => {
    const { side, stranger, say } = sideAndStranger();
    let unread = 0;
    function read(bytes: Uint8Array) {
      return stranger.session.files.consumed(bytes.length);
    }
    stranger.session.files.listen({
      onData: (bytes) => {
        unread += bytes.length;
      },
      onAcknowledged: () => undefined,
    });
    // They pile up as answers do that nobody reads. One window of them was sent.
    side.session.files.write(new Uint8Array(13_000_000));
    await eventually(() => expect(unread).toBe(WINDOW_BYTES));
    say(offer);
    await expectTalk(stranger, side);
    expect(side.events).toEqual([]);
    stranger.session.files.listen({ onData: read, onAcknowledged: () => undefined });
    stranger.session.files.consumed(unread);
    await side.until('r1', 'offered');
  });

  test('with a number that was used before ends the session', async () => {
    const { side, say } = sideAndStranger();
    say(offer, offer);
    await eventually(() => expect(side.said).toEqual([expect.stringMatching(/^failed: offer 1 of a file/)]));
  });
});

describe('a name', () => {
  test.each([
    '../../.ssh/config',
    '/etc/passwd',
    String.raw`C:\x`,
    '.',
    '..',
    '',
    'x'.repeat(300),
    '\u001B]0;owned\u0007',
    '\u202E\u200B',
    'a/../../../b',
  ])('%j stays in the folder', async (name) => {
    const { side, say } = await accepted({ name });
    say(entry, chunk('hello'), end('hello'), complete);
    const { path = '' } = await side.until('r1', 'done');
    expect(readdirSync(side.folder)).toEqual([path.slice(side.folder.length + 1)]);
  });

  test.each(['../../x', '/etc/passwd', '..', 'a/../../../b', String.raw`..\..\x`])(
    '%j within a folder stays in that',
    async (path) => {
      const { side, say } = await accepted({ name: 'holiday', isFolder: true });
      for (const name of ['a', 'etc', 'file']) {
        say({ ...entry, isFolder: true, bytes: 0, path: name });
      }
      for (const name of ['file/file', 'a/file', 'a/file/file', 'a/file/file/file']) {
        say({ ...entry, isFolder: true, bytes: 0, path: name });
      }
      say({ ...entry, path }, chunk('hello'), end('hello'), complete);
      await side.until('r1', 'done');
      expect(readdirSync(side.folder)).toEqual(['holiday']);
      const files = readdirSync(join(side.folder, 'holiday'), { recursive: true, withFileTypes: true });
      expect(files.filter((one) => one.isFile())).toHaveLength(1);
    },
  );

  test('that is none inside a folder fails, and the reason names no path of this side', async () => {
    const { side, heard, say } = await accepted({ name: 'holiday', isFolder: true });
    say({ ...entry, path: './.' });
    const { reason } = await side.until('r1', 'failed');
    expect(reason).toBe('holiday cannot be written: its name is taken already');
    await eventually(() => expect(heard.at(-1)).toEqual({ type: 'stop', id: 1, isFailure: true, reason }));
  });

  test('that becomes the same as another one here does not take its place', async () => {
    const { side, say } = await accepted({ name: 'holiday', isFolder: true, files: 2, bytes: 10 });
    say({ ...entry, path: 'a?' }, chunk('hello'), end('hello'));
    say({ ...entry, path: 'a*' }, chunk('world'), end('world'), complete);
    await side.until('r1', 'done');
    expect(readdirSync(join(side.folder, 'holiday'))).toEqual(['a_', 'a_ (1)']);
  });
});

describe('the folder for an offer', () => {
  const root = process.getuid?.() === 0;
  test.each<[string, (folder: string) => string, RegExp]>([
    ['is not there', (folder) => join(folder, 'nowhere'), /it is not there$/],
    ['is a device', () => '/dev/null', /it is not a folder$/],
    [
      'is a file',
      (folder) => {
        writeFileSync(join(folder, 'file'), '');
        return join(folder, 'file');
      },
      /it is not a folder$/,
    ],
    [
      'is a link that leads nowhere',
      (folder) => {
        symlinkSync('/nowhere/at/all', join(folder, 'link'));
        return join(folder, 'link');
      },
      /it is a link that leads nowhere$/,
    ],
    ['takes no files', () => '/proc/self', /./],
  ])('that %s is refused, in words for both sides', async (_, make, reason) => {
    const { side, stranger, heard, say } = sideAndStranger();
    say(offer);
    (await offerTo(side)).accept(make(aFolder()));
    const failed = await side.until('r1', 'failed');
    expect(failed.reason).toMatch(reason);
    await eventually(() => expect(heard.at(-1)).toMatchObject({ type: 'stop', isFailure: true }));
    await expectTalk(stranger, side);
  });

  test('that we may not write to is refused', async () => {
    const { side, say } = sideAndStranger();
    const folder = aFolder();
    chmodSync(folder, 0o500);
    say(offer);
    // Modes do not stop the superuser, but a folder of the kernel does.
    (await offerTo(side)).accept(root ? '/sys' : folder);
    expect((await side.until('r1', 'failed')).reason).toMatch(/this user has no permission$/);
  });
});

describe('a file that is sent', () => {
  const megabytes = 40_000_000;
  /** Sends a large file, and changes it meanwhile. */
  async function meanwhile(change: (path: string) => void) {
    const [a, b] = connectedSides();
    const path = join(aFolder(), 'large');
    writeFileSync(path, new Uint8Array(megabytes));
    await a.files.send(path);
    (await offerTo(b)).accept();
    // Slowed down turn by turn, because it would be over in a moment.
    while (b.session.files.stream.incoming.received < 100_000) {
      await aTurn();
    }
    change(path);
    return [a, b] as const;
  }

  test.each<[string, (path: string) => void, RegExp]>([
    ['grows', (path) => appendFileSync(path, 'more'), /^large has changed since it was offered$/],
    ['shrinks', (path) => truncateSync(path, 100), /^large has (become shorter|changed)/],
    ['is written over', (path) => writeFileSync(path, new Uint8Array(megabytes).fill(1)), /^large has/],
  ])('and %s meanwhile fails on both sides, and nothing is kept', async (_, change, reason) => {
    const [a, b] = await meanwhile(change);
    expect((await a.until('s1', 'failed')).reason).toMatch(reason);
    expect((await b.until('r1', 'failed')).reason).toMatch(reason);
    await eventually(() => expect(readdirSync(b.folder)).toEqual([]));
    await expectTalk(a, b);
  });

  test.runIf(process.platform === 'linux')(
    'and holds more than its size says fails on both sides, and nothing is kept',
    async () => {
      const [a, b] = connectedSides();
      // The kernel gives it the size 0.
      await a.files.send('/proc/cpuinfo');
      (await offerTo(b)).accept();
      for (const [side, id] of [
        [a, 's1'],
        [b, 'r1'],
      ] as const) {
        expect((await side.until(id, 'failed')).reason).toBe('cpuinfo has changed since it was offered');
      }
      await eventually(() => expect(readdirSync(b.folder)).toEqual([]));
      await expectTalk(a, b);
    },
  );

  test('arrives whole if only its name has gone meanwhile', async () => {
    const [, b] = await meanwhile((path) => unlinkSync(path));
    expect(await b.until('r1', 'done')).toMatchObject({ done: megabytes });
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['has gone', (path) => unlinkSync(path), /^a cannot be read: it is not there$/],
    [
      'has become a folder',
      (path) => {
        unlinkSync(path);
        mkdirSync(path);
      },
      /^a (has changed since it was offered|cannot be read: it is a folder)$/,
    ],
  ])('and %s before its turn fails on both sides', async (_, change, reason) => {
    const [a, b] = connectedSides();
    const path = join(aFolder(), 'a');
    writeFileSync(path, 'hello');
    await a.files.send(path);
    change(path);
    (await offerTo(b)).accept();
    expect((await a.until('s1', 'failed')).reason).toMatch(reason);
    expect((await b.until('r1', 'failed')).reason).toMatch(reason);
    await expectTalk(a, b);
  });

  test.each([
    ['/nowhere/at/all', /^\/nowhere\/at\/all cannot be sent: it is not there$/],
    ['/dev/null', /^\/dev\/null cannot be sent: it is neither a file nor a folder$/],
  ])('%s is refused before it is offered', async (path, why) => {
    const [a] = connectedSides();
    await expect(a.files.send(path)).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringMatching(why) as string,
    });
    expect([a.events, a.files.isIdle]).toEqual([[], true]);
  });

  test.each<[string, FileMessage]>([
    ['it has more than was offered', { type: 'accept', id: 1, entries: 1, bytes: 1 }],
    ['it has more than was offered', { type: 'accept', id: 1, entries: 0, bytes: 6 }],
    ['it has everything, before all was sent', { type: 'done', id: 1 }],
  ])('to a peer that says that %s fails on both sides', async (why, message) => {
    const { side, heard, say } = sideAndStranger();
    const path = join(aFolder(), 'a');
    writeFileSync(path, 'hello');
    await side.files.send(path);
    say(message);
    expect((await side.until('s1', 'failed')).reason).toBe(`the peer says that ${why}`);
    await eventually(() => expect(heard.at(-1)).toMatchObject({ type: 'withdraw', isFailure: true }));
  });
});

describe('a side that is paused', () => {
  test('reads nothing about files until it goes on, but still reads messages', async () => {
    const { side, stranger, say } = sideAndStranger();
    side.files.pause();
    say(offer, { ...offer, id: 2 }, { type: 'withdraw', id: 1, isFailure: false, reason: '' });
    await expectTalk(stranger, side);
    expect(side.events).toEqual([]);
    side.files.resume();
    expect(side.events.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'r1 offered',
      'r2 offered',
      'r1 cancelled',
    ]);
  });

  test('stops in the middle of a piece if a message in it makes it pause', async () => {
    const { side, stranger, say } = sideAndStranger();
    side.answerWith = () => side.files.pause();
    for (let id = 1; id <= 90; id += 1) {
      say({ ...offer, id, name: 'x'.repeat(4000) });
    }
    await expectTalk(stranger, side);
    await eventually(() => expect(side.offers.length).toBeGreaterThan(0));
    for (let heard = 0; side.offers.length < 90; heard = side.offers.length) {
      expect(side.offers.length - heard).toBeLessThan(10);
      side.files.resume();
      await aTurn();
    }
    expect(side.offers.map(({ id }) => id)).toEqual(Array.from({ length: 90 }, (_, n) => `r${n + 1}`));
  });

  test('ends the session later for a mistake that it had not read yet', async () => {
    const { side, stranger, say } = sideAndStranger();
    side.files.pause();
    say(offer, offer);
    await expectTalk(stranger, side);
    expect(side.said).toEqual([]);
    side.files.resume();
    expect(side.said).toEqual([expect.stringMatching(/^failed: offer 1 of a file/)]);
  });

  test('learns at the end what became of its offers', async () => {
    const { side, stranger, say } = sideAndStranger();
    const path = join(aFolder(), 'a');
    writeFileSync(path, 'hello');
    await side.files.send(path);
    side.files.pause();
    say(offer, { type: 'decline', id: 1, reason: 'no' });
    await expectTalk(stranger, side);
    side.files.end('the peer has left');
    expect([side.states('s1'), side.states('r1')]).toEqual([['offered', 'declined'], []]);
  });
});

test('a file that comes in chunks of one byte arrives whole', async () => {
  const bytes = samples(100_000);
  const { side, say } = await accepted({ bytes });
  say({ ...entry, bytes }, ...Array.from({ length: bytes }, () => chunk('x')));
  say(end('x'.repeat(bytes)), complete);
  expect(await side.until('r1', 'done')).toMatchObject({ done: bytes });
});

test('offers that were accepted and taken back while another one is under way leave nothing behind', async () => {
  const { side, heard, say } = await accepted();
  side.answerWith = (one) => one.accept();
  function offerAndWithdraw(from: number, to: number) {
    for (let id = from; id <= to; id += 1) {
      say(
        { ...offer, id, name: `${id}`.repeat(1000) },
        { type: 'withdraw', id, isFailure: false, reason: '' },
      );
    }
    return side.until(`r${to}`, 'cancelled');
  }
  async function used() {
    for (const all of [side.events, side.offers, heard]) {
      all.length = 0;
    }
    return usedBytes();
  }
  // Memory that serves all of them is allocated by then.
  await offerAndWithdraw(2, 800);
  const before = await used();
  await offerAndWithdraw(801, 1600);
  // Their names alone are 3 MB.
  expect((await used()) - before).toBeLessThan(2_000_000);
});
