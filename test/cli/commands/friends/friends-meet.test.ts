/** Two programs whose users keep each other as friends, each in a home of its own, at a real rendezvous. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FriendBook } from '../../../../source/friends/friend-book.ts';
import type { Role } from '../../../../source/events.ts';
import { expectEventShapes } from '../../../helpers/chats/event-shapes.ts';
import { startPunchline, type Punchline } from '../../../helpers/programs/punchline.ts';
import { openRendezvous } from '../../../helpers/servers/local-rendezvous.ts';

/** A day ahead, for a program of its own. */
const tomorrow = 'data:text/javascript,globalThis.realNow=Date.now;Date.now=()=>realNow()+86400000;';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-friends-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Home {
  readonly book: FriendBook;
  /** Runs a command of this user. */
  readonly run: (...words: readonly string[]) => Punchline;
}

async function homeOf(
  name: string,
  secret: Uint8Array,
  role: Role,
  { options, imports = '' }: { readonly options: readonly string[]; readonly imports?: string },
): Promise<Home> {
  const home = newFolder();
  const book = new FriendBook(join(home, 'punchline', 'friends'));
  await book.add({ secret, role, places: undefined, keptAt: 1, metAt: 1 }, name);
  return {
    book,
    run: (...words) =>
      startPunchline([...words, ...options], {
        env: { XDG_DATA_HOME: home, ...(imports !== '' && { NODE_OPTIONS: `--import=${imports}` }) },
      }),
  };
}

/** Ada keeps grace, and Grace keeps ada. */
async function friends(imports?: string): Promise<{ readonly ada: Home; readonly grace: Home }> {
  const secret = randomBytes(32);
  const { options } = await openRendezvous();
  return {
    ada: await homeOf('grace', secret, 'a', { options }),
    grace: await homeOf('ada', secret, 'b', { options, ...(imports !== undefined && { imports }) }),
  };
}

function textsOf({ events }: Punchline) {
  return events.flatMap((event) => (event.event === 'message' && event.from === 'peer' ? [event.text] : []));
}

test('both name each other, meet, talk and leave', async () => {
  const { ada, grace } = await friends();
  const one = ada.run('chat', 'grace', '--json');
  const other = grace.run('ada', '--json');
  const [{ peer }] = await Promise.all([one.waitFor('connected'), other.waitFor('connected')]);
  expect(peer).toEqual({ name: 'grace' });
  one.write('hello\n');
  const { id } = await other.waitFor('message', ({ text }) => text === 'hello');
  expect(id).toBe('peer-1');
  await one.waitFor('delivered');
  expect(await ada.book.waiting((await ada.book.find('grace'))!)).toBe(0);
  expect((await ada.book.find('grace'))!.metAt).toBeGreaterThan(1);
  one.endInput();
  other.endInput();
  for (const chat of [one, other]) {
    const { code } = await chat.ended();
    expect(code).toBe(0);
    expectEventShapes(chat.events);
  }
});

test('a friend whose clock is a day ahead is met', async () => {
  const { ada, grace } = await friends(tomorrow);
  const one = ada.run('chat', 'grace', '--json');
  const other = grace.run('chat', 'ada', '--json');
  await Promise.all([one.waitFor('connected'), other.waitFor('connected')]);
  one.write('hello\n');
  await other.waitFor('message', ({ text }) => text === 'hello');
  expect(textsOf(other)).toEqual(['hello']);
});

test('what is written while the friend is away comes once, in order, with its time, after both have died', async () => {
  const { ada, grace } = await friends();
  const first = ada.run('chat', 'grace', '--json');
  await first.waitFor('rendezvous', ({ state }) => state === 'waiting');
  first.write('one\ntwo\n');
  await first.waitFor('message', ({ text }) => text === 'two');
  await expect
    .poll(async () => ada.book.waiting((await ada.book.find('grace'))!), { timeout: 20_000 })
    .toBe(2);
  first.kill('SIGKILL');
  await first.ended();
  const again = ada.run('chat', 'grace', '--json');
  const other = grace.run('chat', 'ada', '--json');
  await other.waitFor('message', ({ text }) => text === 'two');
  again.write('three\n');
  await other.waitFor('message', ({ text }) => text === 'three');
  expect(textsOf(other)).toEqual(['one', 'two', 'three']);
  const marks = other.events.flatMap((event) => (event.event === 'message' ? [typeof event.writtenAt] : []));
  expect(marks).toEqual(['number', 'number', 'undefined']);
  await again.waitFor('delivered', ({ id }) => id === 'me-3');
  other.kill('SIGKILL');
  await again.waitFor('lost');
  const third = grace.run('chat', 'ada', '--json');
  await again.waitFor('resumed', ({ restarted }) => restarted === true);
  again.write('four\n');
  await third.waitFor('message', ({ text }) => text === 'four');
  expect(textsOf(third)).toEqual(['four']);
});

test('one who leaves before the friend comes is told that what was written waits', async () => {
  const { ada } = await friends();
  const one = ada.run('chat', 'grace', '--json', '--wait', '0.05');
  one.write('one\n');
  await one.waitFor('message');
  const { code } = await one.ended();
  expect(code).toBe(4);
  expect(one.events.at(-1)).toMatchObject({ event: 'ended', undelivered: 1, waitsFor: 'grace' });
  expect(await ada.book.waiting((await ada.book.find('grace'))!)).toBe(1);
});

test('a kept conversation is shown at the next start, and only where it is wanted', async () => {
  const { ada, grace } = await friends();
  const one = ada.run('chat', 'grace', '--json', '--history');
  const other = grace.run('chat', 'ada', '--json');
  await Promise.all([one.waitFor('connected'), other.waitFor('connected')]);
  one.write('hello\n');
  await other.waitFor('message', ({ text }) => text === 'hello');
  other.write('hi\n');
  await one.waitFor('message', ({ text }) => text === 'hi');
  await one.waitFor('delivered');
  for (const chat of [one, other]) {
    chat.endInput();
    await chat.ended();
  }
  const again = ada.run('chat', 'grace', '--json', '--history');
  await again.waitFor('rendezvous', ({ state }) => state === 'waiting');
  expect(
    again.events.flatMap((event) => (event.event === 'history' ? [[event.from, event.text]] : [])),
  ).toEqual([
    ['me', 'hello'],
    ['peer', 'hi'],
  ]);
  const without = grace.run('chat', 'ada', '--json', '--history');
  await without.waitFor('connected');
  expect(without.events.filter(({ event }) => event === 'history')).toEqual([]);
});

test('a second process for the same friend ends with 4, and names the first', async () => {
  const { ada } = await friends();
  const one = ada.run('chat', 'grace', '--json');
  await one.waitFor('rendezvous', ({ state }) => state === 'waiting');
  const { code, stderr } = await ada.run('pipe', 'grace').ended();
  expect(code).toBe(4);
  expect(stderr).toContain(`grace is in use by another process`);
  one.kill('SIGKILL');
  await one.ended();
  const again = ada.run('chat', 'grace', '--json');
  await again.waitFor('rendezvous', ({ state }) => state === 'waiting');
});

test('a pipe, files and an unknown friend', async () => {
  const { ada, grace } = await friends();
  const [from, to] = [ada.run('pipe', 'grace'), grace.run('pipe', 'ada')];
  from.write('bytes');
  from.endInput();
  to.endInput();
  const [sent, got] = await Promise.all([from.ended(), to.ended()]);
  expect([sent.code, got.code, got.stdout]).toEqual([0, 0, 'bytes']);
  const folder = newFolder();
  const path = join(newFolder(), 'note.txt');
  writeFileSync(path, 'a note');
  const [sender, receiver] = [
    ada.run('send', path, 'grace'),
    grace.run('receive', 'ada', '--into', folder, '--yes'),
  ];
  const codes = await Promise.all([sender.ended(), receiver.ended()]);
  expect(codes.map(({ code }) => code)).toEqual([0, 0]);
  expect(readFileSync(join(folder, 'note.txt'), 'utf8')).toBe('a note');
  const { code, stderr } = await ada.run('chat', 'graze', '--json').ended();
  expect(code).toBe(2);
  expect(stderr).toContain('grace');
});
