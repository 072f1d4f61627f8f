import { performance } from 'node:perf_hooks';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ClassicChat, type ClassicChatOptions } from '../../source/chat/classic-chat.ts';
import { Recorded } from '../helpers/chats/recorded-chat.ts';
import { eventually } from '../helpers/eventually.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { startRawServer } from '../helpers/strangers/raw-server.ts';

const hello = 'Hello, world\n\0';

/** A chat that waits at an old server. `meet` lets an old second arrive. */
async function startClassic(options: Partial<ClassicChatOptions> = {}) {
  expectNothingLeft();
  const oldServer = await startRawServer();
  const chat = new Recorded(
    new ClassicChat({ server: { host: '127.0.0.1', port: oldServer.port }, attempts: 10, ...options }),
  );
  const atServer = await oldServer.next();
  atServer.socket.write('first\n\0');
  await chat.until(() => chat.all('rendezvous').find(({ state }) => state === 'waiting'));
  return {
    recorded: chat,
    atServer,
    meet: async () => {
      const oldSecond = await startRawServer();
      atServer.socket.end(`127.0.0.1 ${oldSecond.port}\n\0`);
      return await oldSecond.next();
    },
  };
}

/** A chat that is connected to an old second. The test plays the second with its socket. */
async function connectedClassic(options: Partial<ClassicChatOptions> = {}) {
  const { recorded, meet } = await startClassic(options);
  const peer = await meet();
  await recorded.event('connected');
  return { recorded, chat: recorded.chat, peer };
}

/** The messages without the heartbeats. */
function textsIn(received: string): string {
  return received.replaceAll(hello, '');
}

describe('a classic chat', () => {
  test('that finishes sends everything, ends its side, and has left', async () => {
    const { recorded, chat, peer } = await connectedClassic();
    peer.socket.on('end', () => peer.socket.end());
    chat.send('one');
    chat.send('two');
    chat.finish();
    chat.send('too late');
    expect(await recorded.end()).toEqual({ reason: 'quit', exit: 0 });
    await peer.closed();
    expect(textsIn(peer.received)).toBe('one\n\0two\n\0');
    expect(recorded.all('message').map(({ id, from }) => [id, from])).toEqual([
      ['me-1', 'me'],
      ['me-2', 'me'],
    ]);
  });

  test('that finishes before there is a peer waits for one', async () => {
    const { recorded, meet } = await startClassic();
    recorded.chat.send('early');
    recorded.chat.finish();
    const peer = await meet();
    peer.socket.on('end', () => peer.socket.end());
    expect(await recorded.end()).toEqual({ reason: 'quit', exit: 0 });
    await peer.closed();
    expect(textsIn(peer.received)).toBe('early\n\0');
  });

  test.each(['leave', 'interrupt'] as const)('ends at once by %s() before there is a peer', async (how) => {
    const { recorded, atServer } = await startClassic();
    recorded.chat[how](130);
    expect(recorded.all('ended')).toMatchObject([
      how === 'leave' ? { reason: 'quit', exit: 0 } : { reason: 'interrupted', exit: 130 },
    ]);
    await atServer.closed();
  });

  test('that leaves as soon as it hears of the connection leaves nothing behind', async () => {
    const { recorded, meet } = await startClassic();
    recorded.chat.subscribe(({ event }) => {
      if (event === 'connected') {
        recorded.chat.leave();
      }
    });
    const peer = await meet();
    expect(await recorded.end()).toEqual({ reason: 'quit', exit: 0 });
    await peer.closed();
  });

  test('that finishes before there is a peer ends at once when it leaves', async () => {
    const { recorded } = await startClassic();
    recorded.chat.finish();
    expect(recorded.all('ended')).toEqual([]);
    recorded.chat.leave();
    expect(recorded.all('ended')).toMatchObject([{ reason: 'quit', exit: 0 }]);
  });

  test('that leaves waits a second for the end of a peer that does not end', async () => {
    const { recorded, chat, peer } = await connectedClassic();
    peer.socket.allowHalfOpen = true;
    const before = performance.now();
    chat.leave();
    await peer.closed();
    expect(recorded.all('ended')).toEqual([]);
    expect(await recorded.end()).toEqual({ reason: 'quit', exit: 0 });
    expect(Math.round((performance.now() - before) / 1000)).toBe(1);
  });

  test.each(['finish', 'leave'] as const)('ends at once by leave() after %s()', async (first) => {
    const { recorded, chat } = await connectedClassic();
    chat[first]();
    expect(recorded.all('ended')).toEqual([]);
    chat.leave();
    expect(recorded.all('ended')).toMatchObject([{ reason: 'quit', exit: 0 }]);
  });

  test('that is interrupted ends at once, even while it leaves', async () => {
    const { recorded, chat, peer } = await connectedClassic();
    chat.leave();
    chat.interrupt(143);
    chat.interrupt(130);
    expect(recorded.all('ended')).toMatchObject([{ reason: 'interrupted', exit: 143 }]);
    await peer.closed();
  });

  test('does nothing after its end', async () => {
    const { recorded, chat } = await connectedClassic();
    chat.leave();
    chat.leave();
    const { length } = recorded.events;
    chat.send('too late');
    chat.leave();
    chat.finish();
    chat.interrupt(130);
    chat.beat(1);
    await chat.writable();
    expect(recorded.events).toHaveLength(length);
  });

  test('whose peer ends the connection has been left, and sends nothing more', async () => {
    const { recorded, chat, peer } = await connectedClassic();
    peer.socket.end('bye\n\0');
    await eventually(() => expect(recorded.heard).toEqual(['bye']));
    expect(await recorded.end()).toEqual({ reason: 'peer-left', exit: 0 });
    expect(recorded.all('lost')).toEqual([]);
    chat.send('too late');
    await peer.closed();
    expect(textsIn(peer.received)).toBe('');
  });

  test('whose peer ends the connection second has left', async () => {
    const { recorded, chat, peer } = await connectedClassic();
    peer.socket.allowHalfOpen = true;
    chat.finish();
    await peer.closed();
    peer.socket.end();
    expect(await recorded.end()).toEqual({ reason: 'quit', exit: 0 });
  });

  test('whose connection is reset is lost', async () => {
    const { recorded, peer } = await connectedClassic();
    peer.socket.resetAndDestroy();
    expect(await recorded.end()).toEqual({ reason: 'failed', exit: 7, code: 'ERR_CONNECTION_LOST' });
    expect(recorded.events.slice(-3).map(({ event }) => event)).toEqual(['lost', 'error', 'ended']);
    expect(recorded.all('lost')).toMatchObject([
      { queued: 0, reason: expect.stringMatching(/^the connection to the peer was lost: /) as unknown },
    ]);
  });

  test('whose connection is reset after everything was sent has left', async () => {
    const { recorded, chat, peer } = await connectedClassic();
    peer.socket.allowHalfOpen = true;
    chat.finish();
    await peer.closed();
    peer.socket.resetAndDestroy();
    expect(await recorded.end()).toEqual({ reason: 'quit', exit: 0 });
  });

  test('that leaves a peer that does not read any more is lost after ten seconds', async () => {
    const { recorded, chat, peer } = await connectedClassic();
    peer.socket.pause();
    for (let count = 0; count < 200; count += 1) {
      chat.send('x'.repeat(65_000));
    }
    vi.useFakeTimers({ toFake: ['setInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    chat.leave();
    vi.advanceTimersByTime(9000);
    expect(recorded.all('ended')).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(await recorded.end()).toEqual({ reason: 'failed', exit: 7, code: 'ERR_CONNECTION_LOST' });
    expect(recorded.all('lost')[0]?.reason).toContain('the peer does not read any more');
  });

  test('sends heartbeats as often as beat() says, and none after beat(undefined)', async () => {
    const { recorded, chat, peer } = await connectedClassic({ heartbeatMs: 20 });
    await recorded.event('heartbeat', 3);
    await peer.length(3 * hello.length);
    chat.beat(undefined);
    const beats = recorded.all('heartbeat').length;
    peer.socket.write(hello.repeat(2));
    await recorded.until(() =>
      recorded.all('heartbeat').find(({ direction, n }) => direction === 'received' && n === 2),
    );
    expect(recorded.all('heartbeat').filter(({ direction }) => direction === 'sent')).toHaveLength(beats);
    chat.beat(10);
    await recorded.event('heartbeat', beats + 5);
    expect(recorded.all('heartbeat').filter(({ direction }) => direction === 'sent')[beats]?.n).toBe(
      beats + 1,
    );
  });

  test('sends no heartbeats if beat(undefined) was called before there was a peer', async () => {
    const { recorded, meet } = await startClassic();
    recorded.chat.beat(undefined);
    const peer = await meet();
    await recorded.event('connected');
    recorded.chat.send('first');
    await peer.length('first\n\0'.length);
    expect(peer.received).toBe('first\n\0');
  });

  test('reads nothing from the peer while it is paused', async () => {
    const { recorded, meet } = await startClassic();
    recorded.chat.pause();
    const peer = await meet();
    await recorded.event('connected');
    peer.socket.write('one\n\0');
    await recorded.event('heartbeat', 2);
    expect(recorded.heard).toEqual([]);
    recorded.chat.resume();
    await eventually(() => expect(recorded.heard).toEqual(['one']));
    expect(recorded.all('message')[0]?.id).toBe('peer-1');
  });

  test('makes a sender of many messages wait until there is a peer', async () => {
    const { recorded, meet } = await startClassic();
    await recorded.chat.writable();
    for (let count = 0; count < 20; count += 1) {
      recorded.chat.send('x'.repeat(65_000));
    }
    let isWritable = false;
    const writable = recorded.chat.writable().then(() => {
      isWritable = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isWritable).toBe(false);
    const peer = await meet();
    await writable;
    await peer.length(20 * 65_002);
  });

  test('takes a message of 64 KiB as the old protocol counts, and refuses a longer one', async () => {
    const { recorded, chat, peer } = await connectedClassic();
    expect(() => chat.send('x'.repeat(65_535))).toThrow('a message of 65537 bytes; 65536 are allowed');
    expect(recorded.all('message')).toEqual([]);
    chat.send('x'.repeat(65_534));
    await peer.length(65_536);
  });

  test('throws for what the old protocol lacks', async () => {
    const { recorded } = await startClassic();
    expect(() => recorded.chat.rename()).toThrow('the old protocol has no names');
    await expect(recorded.chat.sendFile()).rejects.toThrow('the old protocol has no files');
    recorded.chat.report({ code: 'ERR_FILE', message: 'the log is full', hint: '' });
    expect(recorded.events.at(-1)).toMatchObject({ event: 'error', message: 'the log is full' });
  });
});
