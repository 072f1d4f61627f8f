import { describe, expect, test } from 'vitest';
import { PunchlineError } from '../../source/errors.ts';
import { eventually } from '../helpers/eventually.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { connectedChats, reach, RecordedChat, waitingChat } from '../helpers/chats/recorded-chat.ts';
import { TestServer } from '../helpers/servers/rendezvous-server.ts';

/** Without the local network there is only one path, so that it is the same in each run. */
const plain = { a: { lan: false }, b: { lan: false } };

function timers() {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

async function start() {
  expectNothingLeft();
  return TestServer.start();
}

describe('two chats', () => {
  test('meet, and both know how they are connected', async () => {
    const { a, b } = await connectedChats(await start(), { a: { name: 'Ada' }, b: { name: 'Bob' } });
    const [ofA, ofB] = [await a.event('connected'), await b.event('connected')];
    expect(ofA.peer.name).toBe('Bob');
    expect(ofB.peer.name).toBe('Ada');
    expect(ofA.remote).toEqual(ofB.local);
    expect(ofB.remote).toEqual(ofA.local);
    expect(ofA.cipher).toBe('TLS_CHACHA20_POLY1305_SHA256');
    expect([ofB.cipher, ofB.group]).toEqual([ofA.cipher, ofA.group]);
    expect(ofA.group).toMatch(/^X25519/);
    expect((await a.event('peer')).role).toBe('a');
    expect((await b.event('peer')).role).toBe('b');
    await eventually(() => {
      expect(a.chat.rttMs).toBeGreaterThan(0);
      expect(b.chat.rttMs).toBeGreaterThan(0);
    });
  });

  test('have no timers left when they have ended, even if leave() is called again', async () => {
    const { a } = await connectedChats(await start(), plain);
    a.chat.finish();
    await a.event('ended');
    const before = timers();
    a.chat.leave();
    expect(timers()).toBe(before);
  });

  test('cut a name that is too long instead of failing', async () => {
    const { b } = await connectedChats(await start(), { a: { name: `${'x'.repeat(5000)}\u001B[31m` } });
    expect((await b.event('connected')).peer.name).toMatch(/^x{20,40}…$/);
  });

  test('mark a peer that calls itself like us, also after a change of either name', async () => {
    const { a, b } = await connectedChats(await start(), { a: { name: 'Ada' }, b: { name: 'АDА.' } });
    expect((await a.event('connected')).peer.name).toBe('peer "АDА."');
    expect((await b.event('connected')).peer.name).toBe('peer "Ada"');
    b.chat.rename('me');
    expect((await a.event('renamed')).name).toBe('peer "me"');
    a.chat.rename('Grace');
    b.chat.rename('ada');
    expect((await a.event('renamed', 2)).name).toBe('ada');
    b.chat.rename('grace');
    expect((await a.event('renamed', 3)).name).toBe('peer "grace"');
  });

  test('are renamed at the place in the conversation where that was said', async () => {
    const { a, b } = await connectedChats(await start(), plain);
    a.chat.send('one');
    a.chat.rename('Ada\u202E');
    a.chat.rename('x'.repeat(5000));
    a.chat.send('two');
    await b.event('message', 2);
    const said = b.events.filter(({ event }) => event === 'message' || event === 'renamed');
    expect(said).toEqual([
      expect.objectContaining({ text: 'one' }),
      expect.objectContaining({ name: 'Ada⟨U+202E⟩' }),
      expect.objectContaining({ name: expect.stringMatching(/^x{31}…$/) as unknown }),
      expect.objectContaining({ text: 'two' }),
    ]);
  });

  test('hear once that the other one is writing, and never if it does not say so', async () => {
    const { a, b } = await connectedChats(await start(), { a: plain.a, b: { typing: false } });
    for (let n = 0; n < 100; n++) {
      a.chat.typing();
      b.chat.typing();
    }
    a.chat.send('written');
    b.chat.send('written, too');
    await Promise.all([a.event('message', 2), b.event('message', 2)]);
    expect(b.all('typing')).toHaveLength(1);
    expect(a.all('typing')).toHaveLength(0);
  });

  test('hear at once that the next message is being written, even right after one', async () => {
    const { a, b } = await connectedChats(await start(), plain);
    for (const text of ['one', 'two']) {
      a.chat.typing();
      a.chat.typing();
      a.chat.send(text);
    }
    await b.event('message', 2);
    const said = b.events.map(({ event }) => event).filter((event) => /typing|message/.test(event));
    expect(said).toEqual(['typing', 'message', 'typing', 'message']);
  });

  test('have the same four words to compare, and another pair has other words', async () => {
    const server = await start();
    const words: unknown[] = [];
    for (let pair = 0; pair < 2; pair++) {
      const { waiting: b, code } = await waitingChat(server);
      expect(b.chat.verification).toBeUndefined();
      const a = new RecordedChat({ ...reach(server), code });
      await Promise.all([a.event('connected'), b.event('connected')]);
      expect(a.chat.verification).toHaveLength(4);
      expect(b.chat.verification).toEqual(a.chat.verification);
      words.push(a.chat.verification);
    }
    expect(words[0]).not.toEqual(words[1]);
  });

  test('begin and stop heartbeats with beat()', async () => {
    const { a, b } = await connectedChats(await start(), plain);
    a.chat.beat(10);
    await b.event('heartbeat', 3);
    a.chat.beat(undefined);
    a.chat.send('silence');
    await b.event('message');
    const { length } = b.all('heartbeat');
    b.chat.send('still there?');
    await a.event('message', 2);
    expect(b.all('heartbeat')).toHaveLength(length);
  });

  test('deliver all messages in order, once, and know that they arrived', async () => {
    const { a, b } = await connectedChats(await start(), plain);
    const texts = Array.from({ length: 300 }, (_, n) => `${n} ${'🙂'.repeat(n)}`);
    for (const text of texts) {
      a.chat.send(text);
      b.chat.send(`${text}!`);
    }
    await Promise.all([a.event('delivered', 300), b.event('delivered', 300)]);
    expect(b.heard).toEqual(texts);
    expect(a.heard).toEqual(texts.map((text) => `${text}!`));
    expect(a.all('delivered').map(({ id }) => id)).toEqual(texts.map((_, n) => `me-${n + 1}`));
    expect(
      b
        .all('message')
        .filter(({ from }) => from === 'peer')
        .map(({ id }) => id),
    ).toEqual(texts.map((_, n) => `peer-${n + 1}`));
  });

  test('deliver messages that were sent before there was a peer', async () => {
    const server = await start();
    const { waiting: b, code } = await waitingChat(server);
    b.chat.send('early b');
    const a = new RecordedChat({ ...reach(server), code });
    a.chat.send('early a');
    await Promise.all([a.event('delivered'), b.event('delivered')]);
    expect([a.heard, b.heard]).toEqual([['early b'], ['early a']]);
    for (const { events } of [a, b]) {
      const names = events.map(({ event }) => event);
      expect(names.indexOf('connected')).toBeLessThan(names.indexOf('delivered'));
      expect(names.indexOf('connected')).toBeLessThan(
        events.findIndex((event) => event.event === 'message' && event.from === 'peer'),
      );
    }
  });

  test('take a message of 64 KiB and refuse a longer one', async () => {
    const { a, b } = await connectedChats(await start(), plain);
    a.chat.send('é'.repeat(32_768));
    await a.event('delivered');
    expect(b.heard).toEqual(['é'.repeat(32_768)]);
    expect(() => a.chat.send(`${'é'.repeat(32_768)}x`)).toThrow(PunchlineError);
    expect(a.all('message')).toHaveLength(1);
  });

  test('send numbered heartbeats with their round trips', async () => {
    const { a, b } = await connectedChats(await start(), { a: { heartbeatMs: 20 }, b: {} });
    b.chat.send('beside it');
    await a.event('heartbeat', 3);
    await b.event('heartbeat', 3);
    const sent = a.all('heartbeat').slice(0, 3);
    expect(sent.map(({ direction, n, text }) => [direction, n, text])).toEqual(
      [1, 2, 3].map((n) => ['sent', n, 'Hello, world']),
    );
    expect(sent.every(({ ms }) => ms !== undefined && ms >= 0)).toBe(true);
    expect(
      b
        .all('heartbeat')
        .slice(0, 3)
        .map(({ direction, n }) => [direction, n]),
    ).toEqual([1, 2, 3].map((n) => ['received', n]));
    expect(a.heard).toEqual(['beside it']);
  });
});

describe('a goodbye', () => {
  test.each(['a', 'b'] as const)('of %s ends both with exit 0', async (first) => {
    const pair = await connectedChats(await start(), plain);
    pair[first].chat.leave();
    const other = first === 'a' ? 'b' : 'a';
    expect(await pair[first].end()).toEqual({ reason: 'quit', exit: 0 });
    expect(await pair[other].end()).toEqual({ reason: 'peer-left', exit: 0 });
    expect(pair.a.events.at(-1)?.event).toBe('ended');
  });

  test('of both at once, with messages under way, loses nothing', async () => {
    const { a, b } = await connectedChats(await start(), plain);
    const texts = Array.from({ length: 50 }, (_, n) => `${n}${'x'.repeat(20_000)}`);
    for (const text of texts) {
      a.chat.send(text);
      b.chat.send(text);
    }
    a.chat.leave();
    b.chat.leave();
    for (const one of [a, b]) {
      const { exit } = await one.end();
      expect(exit).toBe(0);
      expect(one.heard).toEqual(texts);
      expect(one.all('delivered')).toHaveLength(50);
    }
  });

  test('of one does not lose messages of the other that are under way', async () => {
    const { a, b } = await connectedChats(await start(), plain);
    const texts = Array.from({ length: 40 }, (_, n) => `${n}${'x'.repeat(60_000)}`);
    for (const text of texts) {
      a.chat.send(text);
    }
    b.chat.leave();
    expect(await b.end()).toEqual({ reason: 'quit', exit: 0 });
    expect(await a.end()).toEqual({ reason: 'peer-left', exit: 0 });
    expect(b.heard).toEqual(texts);
    expect(a.all('delivered')).toHaveLength(40);
  });

  test('after finish() comes when everything has arrived', async () => {
    const { a, b } = await connectedChats(await start(), plain);
    a.chat.send('last words');
    a.chat.finish();
    expect(await a.end()).toEqual({ reason: 'quit', exit: 0 });
    expect(a.all('delivered')).toHaveLength(1);
    expect(await b.end()).toEqual({ reason: 'peer-left', exit: 0 });
    expect(b.heard).toEqual(['last words']);
  });

  test.each([[['one', 'two']], [[]]])(
    'finish() before there is a peer, with %j said, waits for one',
    async (texts) => {
      const server = await start();
      const { waiting: b, code } = await waitingChat(server);
      for (const text of texts) {
        b.chat.send(text);
      }
      b.chat.finish();
      const a = new RecordedChat({ ...reach(server), code });
      expect(await b.end()).toEqual({ reason: 'quit', exit: 0 });
      expect(await a.end()).toEqual({ reason: 'peer-left', exit: 0 });
      expect(a.heard).toEqual(texts);
    },
  );

  test('finish() of both before they meet lets both deliver their messages', async () => {
    const server = await start();
    const { waiting: b, code } = await waitingChat(server);
    b.chat.send('from b');
    b.chat.finish();
    const a = new RecordedChat({ ...reach(server), code });
    a.chat.send('from a');
    a.chat.finish();
    expect([(await a.end()).exit, (await b.end()).exit]).toEqual([0, 0]);
    expect([a.heard, b.heard]).toEqual([['from b'], ['from a']]);
  });

  test('leave() before there is a peer ends at once, and the room with it', async () => {
    const server = await start();
    const { waiting } = await waitingChat(server);
    waiting.chat.leave();
    expect(await waiting.end()).toEqual({ reason: 'quit', exit: 0 });
    await server.settled();
  });

  test('leave() before anything has happened ends at once', async () => {
    const chat = new RecordedChat(reach(await start()));
    chat.chat.leave();
    expect(await chat.end()).toEqual({ reason: 'quit', exit: 0 });
  });

  test.each([130, 143, 129])(
    'by interrupt(%i) waits for nothing, and the peer still reads it',
    async (exit) => {
      const { a, b } = await connectedChats(await start(), plain);
      a.chat.send('cut short');
      a.chat.interrupt(exit);
      expect(await a.end()).toEqual({ reason: 'interrupted', exit });
      expect(await b.end()).toEqual({ reason: 'peer-left', exit: 0 });
      expect(b.heard).toEqual(['cut short']);
    },
  );

  test('interrupt() ends a chat that waits for a peer', async () => {
    const { waiting } = await waitingChat(await start());
    waiting.chat.interrupt(130);
    expect(await waiting.end()).toEqual({ reason: 'interrupted', exit: 130 });
  });

  test('is followed by no event, whatever is called', async () => {
    const { a } = await connectedChats(await start(), plain);
    a.chat.leave();
    await a.end();
    const { length } = a.events;
    a.chat.send('too late');
    a.chat.leave();
    a.chat.finish();
    a.chat.interrupt(130);
    await a.chat.writable();
    expect(a.events).toHaveLength(length);
  });
});
