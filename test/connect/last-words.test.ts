/** How a connection ends, seen by a peer that keeps each frame and answers as a test wants. */
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, type Connection } from '../../source/connect/connection.ts';
import { meet } from '../../source/connect/meeting/meet.ts';
import { createMeetingContext } from '../../source/connect/meeting-context.ts';
import type { Frame } from '../../source/connect/session/wire/frames.ts';
import { WINDOW_BYTES } from '../../source/connect/session/wire/session-stream.ts';
import { parseInvite } from '../../source/protocol/invite.ts';
import { reach } from '../helpers/chats/recorded-chat.ts';
import { eventually } from '../helpers/eventually.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { TestServer } from '../helpers/servers/rendezvous-server.ts';

/** A connection, the events that it has told, and its peer. The peer answers pings by itself. */
async function withPeer({ acknowledges = true } = {}) {
  expectNothingLeft();
  const server = await TestServer.start();
  const connection = connect({ ...reach(server), lan: false });
  const said: string[] = [];
  connection.on('lost', () => said.push('lost'));
  connection.on('end', () => said.push('end'));
  connection.on('finish', () => said.push('finish'));
  connection.on('goodbye', (by) => said.push(`goodbye by ${by}`));
  connection.on('error', (error: Error & { code?: string }) => said.push(`error ${error.code}`));
  connection.on('close', () => said.push('close'));
  const invite = new Promise<string>((resolve) => {
    connection.on('happening', (happening) => {
      if (happening.event === 'invite') {
        resolve(happening.invite);
      }
    });
  });
  const abort = new AbortController();
  onTestFinished(() => {
    connection.destroy();
    abort.abort();
  });
  const { code } = parseInvite(await invite);
  const options = { ...reach(server), code, lan: false, relay: 'never' } as const;
  const context = createMeetingContext(options, () => undefined);
  const { link } = await meet(context, abort.signal);
  const heard: Frame[] = [];
  let received = 0;
  function acknowledge() {
    link.send({ type: 'ack', received, limit: received + WINDOW_BYTES });
  }
  link.listen({
    onFrames: (frames) => {
      heard.push(...frames);
      for (const frame of frames) {
        if (frame.type === 'ping') {
          link.send({ type: 'pong', id: frame.id });
        } else if (frame.type === 'data') {
          received = frame.offset + frame.bytes.length;
          if (acknowledges) {
            acknowledge();
          }
        }
      }
    },
    onDrain: () => undefined,
    onGone: () => undefined,
  });
  onTestFinished(() => link.destroy());
  await eventually(() => expect(connection.connected).toBe(true));
  return {
    connection,
    said,
    link,
    acknowledge,
    /** The goodbyes that the peer has heard. */
    goodbyes: () => heard.flatMap((frame) => (frame.type === 'close' ? [frame.reason] : [])),
    heard: (type: Frame['type']) =>
      eventually(() => expect(heard.map((frame) => frame.type)).toContain(type)),
    gone: () => eventually(() => expect(link.gone).toBe(true)),
  };
}

/** More than a window: the rest leaves only when the peer acknowledges something. */
const tooMuch = Buffer.alloc(WINDOW_BYTES + 1);

describe('the goodbye that a peer hears', () => {
  test.each<[string, (connection: Connection) => void, string[]]>([
    ['leave()', (one) => one.leave(), ['quit']],
    ['leave() for a reason', (one) => one.leave('protocol'), ['protocol']],
    ['leave() twice', (one) => (one.leave(), one.leave()), ['quit']],
    ['leaveNow()', (one) => one.leaveNow(), ['quit']],
    ['leaveNow() after leave()', (one) => (one.leave(), one.leaveNow('gave-up')), ['quit']],
    ['destroy()', (one) => void one.destroy(), ['gave-up']],
    ['destroy() with an error', (one) => void one.destroy(new Error('trouble')), ['gave-up']],
    ['leave() and destroy()', (one) => (one.leave(), void one.destroy()), ['quit']],
  ])('is said once by %s', async (_, end, words) => {
    const { connection, goodbyes, gone } = await withPeer();
    end(connection);
    await gone();
    expect(goodbyes()).toEqual(words);
  });

  test.each<[string, (connection: Connection) => void, string[]]>([
    ['leave() twice', (one) => (one.leave(), one.leave()), []],
    ['leaveNow()', (one) => one.leaveNow(), []],
    ['destroy()', (one) => void one.destroy(), ['gave-up']],
    ['leave() and destroy()', (one) => (one.leave(), void one.destroy()), ['gave-up']],
  ])('is not said by %s while data has not left, unless the connection gives up', async (_, end, words) => {
    const { connection, goodbyes, gone } = await withPeer({ acknowledges: false });
    connection.write(tooMuch);
    end(connection);
    await gone();
    expect(goodbyes()).toEqual(words);
  });

  test('is said once after both halves have ended, when all of ours has arrived', async () => {
    const { connection, said, link, heard, goodbyes, acknowledge, gone } = await withPeer({
      acknowledges: false,
    });
    connection.resume();
    connection.end('all of it');
    await heard('end');
    link.send({ type: 'end', offset: 0 });
    await once(connection, 'end');
    expect(goodbyes()).toEqual([]);
    acknowledge();
    await heard('close');
    link.send({ type: 'close', reason: 'quit' });
    await gone();
    expect(goodbyes()).toEqual(['quit']);
    await eventually(() => expect(said.at(-1)).toBe('close'));
    expect(said).toEqual(['end', 'finish', 'goodbye by us', 'close']);
  });
});

describe('a connection that was left', () => {
  test('says nothing more, whatever it is told to do', async () => {
    const { connection, said, link, heard, goodbyes, gone } = await withPeer();
    link.send({ type: 'data', offset: 0, bytes: Buffer.from('to be read') });
    await once(connection, 'readable');
    link.send({ type: 'close', reason: 'quit' });
    await heard('close');
    await gone();
    await eventually(() => expect(said).toEqual(['goodbye by peer']));
    connection.leave();
    connection.leave();
    connection.leaveNow('gave-up');
    expect(said).toEqual(['goodbye by peer']);
    connection.destroy();
    await once(connection, 'close');
    connection.leave();
    connection.destroy();
    expect(goodbyes()).toEqual(['quit']);
    expect(said).toEqual(['goodbye by peer', 'close']);
  });

  test('before there was a peer ends for its reader, too', async () => {
    expectNothingLeft();
    const connection = connect(reach(await TestServer.start()));
    const said: string[] = [];
    connection.on('goodbye', (by) => said.push(`goodbye by ${by}`));
    connection.on('end', () => said.push('end'));
    connection.on('close', () => said.push('close'));
    connection.resume();
    connection.leave();
    connection.leaveNow();
    connection.leave();
    await once(connection, 'close');
    expect(said).toEqual(['goodbye by us', 'end', 'close']);
  });
});

test('a peer that breaks the rules ends the connection with an error', async () => {
  const { connection, said, link, goodbyes, gone } = await withPeer();
  link.send({ type: 'ack', received: 77, limit: WINDOW_BYTES });
  await once(connection, 'close').catch(() => undefined);
  await gone();
  expect(said).toEqual(['lost', 'error ERR_PROTOCOL', 'close']);
  expect(goodbyes()).toEqual(['protocol']);
});

/** Both halves have ended, and the reader has destroyed the connection by reading to the end. The peer has acknowledged nothing. */
async function flushing() {
  const sides = await withPeer({ acknowledges: false });
  const { connection, said, link, heard } = sides;
  connection.end('all of it');
  await heard('end');
  link.send({ type: 'end', offset: 0 });
  expect(await connection.toArray()).toEqual([]);
  expect([connection.destroyed, said]).toEqual([true, ['end']]);
  return sides;
}

describe('a connection that was read and written to its end, and destroyed before all of that has arrived', () => {
  test('leaves when all has arrived, with the reason that it was told meanwhile', async () => {
    const { connection, said, link, acknowledge, heard, goodbyes, gone } = await flushing();
    connection.leave('gave-up');
    await heard('close');
    expect(said).toEqual(['end']);
    acknowledge();
    link.send({ type: 'close', reason: 'quit' });
    await gone();
    await eventually(() => expect(said).toEqual(['end', 'goodbye by us', 'close']));
    expect(goodbyes()).toEqual(['gave-up']);
  });

  test.each<[string, (connection: Connection) => void]>([
    ['leave twice', (one) => (one.leave(), one.leave())],
    ['leave now', (one) => one.leaveNow()],
  ])('leaves at once when told to %s', async (_, leave) => {
    const { connection, said, goodbyes, gone } = await flushing();
    leave(connection);
    await gone();
    await eventually(() => expect(said).toEqual(['end', 'goodbye by us', 'close']));
    expect(goodbyes()).toEqual(['quit']);
  });

  test('says that it gives up when it is destroyed once more', async () => {
    const { connection, said, goodbyes, gone } = await flushing();
    connection.destroy(new Error('trouble'));
    await gone();
    await eventually(() => expect(said).toEqual(['end', 'error undefined', 'close']));
    expect(goodbyes()).toEqual(['gave-up']);
  });

  test.each([
    ['quit', ['end', 'goodbye by peer', 'close']],
    ['gave-up', ['end', 'error ERR_CONNECTION_LOST', 'close']],
    ['protocol', ['end', 'error ERR_CONNECTION_LOST', 'close']],
  ] as const)('ends with the peer that leaves with %s', async (reason, words) => {
    const { said, link } = await flushing();
    link.send({ type: 'close', reason });
    link.end();
    await eventually(() => expect(said).toEqual(words));
  });

  test('is lost when the peer breaks the rules', async () => {
    const { said, link, goodbyes, gone } = await flushing();
    link.send({ type: 'ack', received: 77, limit: WINDOW_BYTES });
    await gone();
    await eventually(() => expect(said).toEqual(['end', 'lost', 'error ERR_PROTOCOL', 'close']));
    expect(goodbyes()).toEqual(['protocol']);
  });
});

test('a side that has left, and then reads to the end, is still told of the goodbye', async () => {
  const { connection, said, link, heard, acknowledge, goodbyes, gone } = await withPeer({
    acknowledges: false,
  });
  connection.end('all of it');
  await heard('end');
  connection.leave();
  await heard('close');
  link.send({ type: 'end', offset: 0 });
  expect(await connection.toArray()).toEqual([]);
  expect([connection.destroyed, said]).toEqual([true, ['end']]);
  acknowledge();
  link.send({ type: 'close', reason: 'quit' });
  await gone();
  await eventually(() => expect(said).toEqual(['end', 'goodbye by us', 'close']));
  expect(goodbyes()).toEqual(['quit']);
});
