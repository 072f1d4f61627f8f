import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, describe, expect, test } from 'vitest';
import type { ChatOptions } from '../../source/chat/chat.ts';
import { connectedChats, RecordedChat } from '../helpers/chats/recorded-chat.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { TestServer } from '../helpers/servers/rendezvous-server.ts';
import { startCuttableServer } from '../helpers/sessions/cuttable-server.ts';

const root = mkdtempSync(join(tmpdir(), 'punchline-ending-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Two chats over a connection that can be cut. */
async function chatsOnALine(options: Partial<ChatOptions> = {}) {
  expectNothingLeft();
  const line = await startCuttableServer();
  const [a, b] = [
    new RecordedChat({ ...line.options, ...options }),
    new RecordedChat({ ...line.options, ...options }),
  ];
  await Promise.all([a.event('connected'), b.event('connected')]);
  return { a, b, line };
}

/** Two chats in which an offer of a file waits for an answer. */
async function chatsWithFiles() {
  expectNothingLeft();
  const lan = { lan: false, downloads: root };
  return connectedChats(await TestServer.start(), { a: lan, b: lan });
}

/** Makes a file that is so large that it stays under way during a test. */
function largeFile(name: string): string {
  const path = join(root, name);
  writeFileSync(path, '');
  truncateSync(path, 4_000_000_000);
  return path;
}

function fileEvent(chat: RecordedChat, state: string) {
  return chat.until(() => chat.all('file').find((event) => event.state === state));
}

describe('leave() with an undelivered message', () => {
  test('waits five seconds for it', async () => {
    const { a, line } = await chatsOnALine();
    line.cut();
    a.chat.send('never to arrive');
    const before = performance.now();
    a.chat.leave();
    expect(await a.event('ended')).toMatchObject({ reason: 'quit', exit: 0, undelivered: 1 });
    expect(Math.round((performance.now() - before) / 1000)).toBe(5);
  });

  test('a second time ends at once', async () => {
    const { a, line } = await chatsOnALine();
    line.cut();
    a.chat.send('never to arrive');
    a.chat.leave();
    expect(a.all('ended')).toEqual([]);
    const before = performance.now();
    a.chat.leave();
    expect(await a.event('ended')).toMatchObject({ reason: 'quit', exit: 0, undelivered: 1 });
    expect(performance.now() - before).toBeLessThan(2500);
  });

  test('after finish() waits the first time, and ends at once the second time', async () => {
    const { a, line } = await chatsOnALine();
    line.cut();
    a.chat.send('never to arrive');
    a.chat.finish();
    a.chat.leave();
    for (let turns = 0; turns < 20; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(a.all('ended')).toEqual([]);
    a.chat.leave();
    expect(await a.event('ended')).toMatchObject({ reason: 'quit', exit: 0, undelivered: 1 });
  });
});

test('finish() while the connection is lost waits until there is another, and loses nothing', async () => {
  const { a, b, line } = await chatsOnALine();
  line.drop();
  await a.event('lost');
  a.chat.send('the last words');
  a.chat.finish();
  expect(await a.end()).toEqual({ reason: 'quit', exit: 0 });
  expect(await b.end()).toEqual({ reason: 'peer-left', exit: 0 });
  expect(b.heard).toEqual(['the last words']);
  expect(a.all('resumed')).toHaveLength(1);
});

test('a message that is sent after finish() still arrives before the goodbye', async () => {
  const { a, b } = await chatsOnALine();
  a.chat.send('one');
  a.chat.finish();
  a.chat.send('two');
  expect(await a.end()).toEqual({ reason: 'quit', exit: 0 });
  await b.event('ended');
  expect(b.heard).toEqual(['one', 'two']);
});

test('a chat that finishes sends no more heartbeats, nor the news that somebody is writing', async () => {
  const { a, b, line } = await chatsOnALine();
  line.cut();
  a.chat.send('one');
  a.chat.finish();
  a.chat.typing();
  a.chat.beat(1);
  await a.event('lost');
  line.mend();
  await b.event('ended');
  expect(b.heard).toEqual(['one']);
  expect([b.all('typing'), b.all('heartbeat')]).toEqual([[], []]);
});

test('a connection that does not come back ends the chat with the error', async () => {
  const { a, line } = await chatsOnALine({ giveUpMs: 200 });
  line.close();
  await a.event('lost');
  a.chat.send('never to arrive');
  expect(await a.end()).toEqual({ reason: 'failed', exit: 7, code: 'ERR_CONNECTION_LOST' });
  expect(a.all('ended')[0]?.undelivered).toBe(1);
});

describe('interrupt()', () => {
  test('decides how the chat ends, even after leave()', async () => {
    const { a, line } = await chatsOnALine();
    line.cut();
    a.chat.send('never to arrive');
    a.chat.leave();
    a.chat.interrupt(130);
    expect(await a.event('ended')).toMatchObject({ reason: 'interrupted', exit: 130, undelivered: 1 });
  });

  test('a second time ends with the later exit code', async () => {
    const { a } = await chatsOnALine();
    a.chat.interrupt(130);
    a.chat.leave();
    a.chat.interrupt(143);
    expect(await a.end()).toEqual({ reason: 'interrupted', exit: 143 });
  });

  test('does not wait for files', async () => {
    const { a, b } = await chatsWithFiles();
    await a.chat.sendFile(largeFile('of-a.iso'));
    b.chat.acceptFile((await b.event('file')).id);
    await fileEvent(a, 'progress');
    a.chat.interrupt(130);
    expect(await a.end()).toEqual({ reason: 'interrupted', exit: 130 });
    expect(a.all('file').at(-1)).toMatchObject({ state: 'failed', reason: 'this side has left' });
  });
});

describe('with files', () => {
  test('leave() cancels all files under way in both directions, and ends both chats', async () => {
    const { a, b } = await chatsWithFiles();
    await Promise.all([a.chat.sendFile(largeFile('of-a.iso')), b.chat.sendFile(largeFile('of-b.iso'))]);
    for (const one of [a, b]) {
      const { id } = await one.until(() => one.all('file').find(({ direction }) => direction === 'received'));
      one.chat.acceptFile(id);
    }
    await Promise.all([fileEvent(a, 'progress'), fileEvent(b, 'progress')]);
    a.chat.leave();
    expect(await a.end()).toEqual({ reason: 'quit', exit: 0 });
    expect(await b.end()).toEqual({ reason: 'peer-left', exit: 0 });
    for (const [one, by] of [
      [a, 'me'],
      [b, 'peer'],
    ] as const) {
      const cancelled = one.all('file').filter(({ state }) => state === 'cancelled');
      expect(cancelled.map((event) => event.id).toSorted()).toEqual(['r1', 's1']);
      expect(cancelled.map((event) => event.by)).toEqual([by, by]);
    }
  });

  test('finish() waits for files under way', async () => {
    const { a, b } = await chatsWithFiles();
    const path = join(root, 'small.bin');
    writeFileSync(path, Buffer.alloc(3_000_000, 7));
    await a.chat.sendFile(path);
    a.chat.finish();
    const { id } = await b.event('file');
    expect(a.all('ended')).toEqual([]);
    b.chat.acceptFile(id);
    expect(await a.end()).toEqual({ reason: 'quit', exit: 0 });
    expect(await b.end()).toEqual({ reason: 'peer-left', exit: 0 });
    expect(a.all('file').at(-1)).toMatchObject({ state: 'done' });
    expect(b.all('file').at(-1)).toMatchObject({ state: 'done' });
  });

  test('finish() declines open offers, and all later ones', async () => {
    const { a, b } = await chatsWithFiles();
    const path = join(root, 'offer.txt');
    writeFileSync(path, 'x');
    await b.chat.sendFile(path);
    await a.event('file');
    // An offer of its own keeps it waiting, so that it hears of a second one of the peer.
    await a.chat.sendFile(path);
    const own = await b.until(() => b.all('file').find(({ direction }) => direction === 'received'));
    a.chat.finish();
    await fileEvent(b, 'declined');
    await b.chat.sendFile(path);
    await b.until(() => b.all('file').filter(({ state }) => state === 'declined')[1]);
    b.chat.declineFile(own.id);
    expect(await a.end()).toEqual({ reason: 'quit', exit: 0 });
    await b.event('ended');
    const declined = b.all('file').filter(({ state, by }) => state === 'declined' && by === 'peer');
    expect(declined.map(({ id, reason }) => [id, reason])).toEqual([
      ['s1', 'the other side is leaving'],
      ['s2', 'the other side is leaving'],
    ]);
  });
});
