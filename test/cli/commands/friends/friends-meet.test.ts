/** Two programs whose users keep each other as friends, each in a home of its own, at a real rendezvous. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectEventShapes } from '../../../helpers/chats/event-shapes.ts';
import { newFolder, twoFriends } from '../../../helpers/friends/friend-homes.ts';
import type { Punchline } from '../../../helpers/programs/punchline.ts';
import { startTwoStunServers } from '../../../helpers/servers/mailbox-place.ts';
import { mailboxOrSkip } from '../../../helpers/servers/twisted-server.ts';

/** A day ahead, for a program of its own. */
const tomorrow = 'data:text/javascript,globalThis.realNow=Date.now;Date.now=()=>realNow()+86400000;';

function textsOf({ events }: Punchline) {
  return events.flatMap((event) => (event.event === 'message' && event.from === 'peer' ? [event.text] : []));
}

test('both name each other, meet, talk and leave', async () => {
  const { ada, grace } = await twoFriends();
  const one = ada.run('chat', 'grace', '--json');
  const other = grace.run('ada', '--json');
  const [{ peer }] = await Promise.all([one.waitFor('connected'), other.waitFor('connected')]);
  expect(peer).toEqual({ name: 'grace' });
  one.write('hello\n');
  const { id } = await other.waitFor('message', ({ text }) => text === 'hello');
  expect(id).toBe('peer-1');
  await one.waitFor('delivered');
  // The event does not wait for the disk.
  await expect
    .poll(async () => ada.book.waiting((await ada.book.find('grace'))!), { timeout: 20_000 })
    .toBe(0);
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
  const { ada, grace } = await twoFriends({ imports: tomorrow });
  const one = ada.run('chat', 'grace', '--json');
  const other = grace.run('chat', 'ada', '--json');
  await Promise.all([one.waitFor('connected'), other.waitFor('connected')]);
  one.write('hello\n');
  await other.waitFor('message', ({ text }) => text === 'hello');
  expect(textsOf(other)).toEqual(['hello']);
});

test('what is written while the friend is away comes once, in order, with its time, after both have died', async () => {
  const { ada, grace } = await twoFriends();
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
  const { ada } = await twoFriends();
  const one = ada.run('chat', 'grace', '--json', '--wait', '0.05');
  one.write('one\n');
  await one.waitFor('message');
  const { code } = await one.ended();
  expect(code).toBe(4);
  expect(one.events.at(-1)).toMatchObject({ event: 'ended', undelivered: 1, waitsFor: 'grace' });
  expect(await ada.book.waiting((await ada.book.find('grace'))!)).toBe(1);
});

test('a kept conversation is shown at the next start, and only where it is wanted', async () => {
  const { ada, grace } = await twoFriends();
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
  const { ada } = await twoFriends();
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
  const { ada, grace } = await twoFriends();
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

test('friends meet at a mailbox, and find each other there when one has died', async (context) => {
  const { port } = await mailboxOrSkip(context);
  const stun = await startTwoStunServers();
  const asking = stun.flatMap((server) => ['--stun', `${server.host}:${server.port}`]);
  const { ada, grace } = await twoFriends({ options: ['--server', `ws://127.0.0.1:${port}/v1`, ...asking] });
  const one = ada.run('chat', 'grace', '--json');
  const other = grace.run('chat', 'ada', '--json');
  await Promise.all([one.waitFor('connected'), other.waitFor('connected')]);
  one.write('one\n');
  await other.waitFor('message', ({ text }) => text === 'one');
  await one.waitFor('delivered', ({ id }) => id === 'me-1');
  other.kill('SIGKILL');
  await one.waitFor('lost');
  one.write('two\n');
  const again = grace.run('chat', 'ada', '--json');
  await again.waitFor('message', ({ text }) => text === 'two');
  await one.waitFor('delivered', ({ id }) => id === 'me-2');
  expect(textsOf(again)).toEqual(['two']);
});
