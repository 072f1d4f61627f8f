import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, describe, test, vi } from 'vitest';
import { createFrameDecoder, encodeFrame } from '../../source/connect/session/wire/frames.ts';
import { WINDOW_BYTES } from '../../source/connect/session/wire/session-stream.ts';
import type { ConnectOptions } from '../../source/connect/connect-options.ts';
import { connect } from '../../source/connect/connection.ts';
import { FrameLink } from '../../source/connect/session/frame-link.ts';
import { GracefulClose } from '../../source/connect/session/graceful-close.ts';
import { startCuttableServer } from '../helpers/sessions/cuttable-server.ts';
import { eventually } from '../helpers/eventually.ts';
import { linePair } from '../helpers/sessions/line-pair.ts';
import { createPlainPrinter } from '../../source/ui/lines/plain.ts';
import { RecordedChat } from '../helpers/chats/recorded-chat.ts';
import { listeningSession } from '../helpers/sessions/listening-session.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';

/** Two connections to each other, through a relay whose line can be cut. */
async function twoOnALine(options: Partial<ConnectOptions> = {}) {
  expectNothingLeft();
  const line = await startCuttableServer();
  function start() {
    const connection = connect({ ...line.options, ...options });
    const said: string[] = [];
    connection.on('lost', () => said.push('lost'));
    connection.on('resumed', () => said.push('resumed'));
    connection.on('finish', () => said.push('finish'));
    connection.on('goodbye', (by) => said.push(`goodbye by ${by}`));
    connection.on('error', (error: Error & { code?: string }) => said.push(`error ${error.code}`));
    connection.on('close', () => said.push('close'));
    onTestFinished(() => void connection.destroy());
    return { connection, said };
  }
  const [a, b] = [start(), start()];
  await eventually(() => {
    const are = [a, b].map(({ connection, said }) => [connection.connected, said]);
    expect(are).toEqual([
      [true, []],
      [true, []],
    ]);
  });
  return { a, b, line };
}

test('the time of a loss counts from the moment at which the channel went', async () => {
  const { a, line } = await twoOnALine();
  const beforeDrop = performance.now();
  line.drop();
  const [ms] = (await once(a.connection, 'resumed')) as [number];
  expect(ms).toBeLessThanOrEqual(Math.ceil(performance.now() - beforeDrop));
});

describe('a side that leaves while the connection is lost', () => {
  test('waits after a silent cut until all that it wrote has arrived over another channel', async () => {
    const { a, b, line } = await twoOnALine();
    line.cut();
    a.connection.write('the last words');
    a.connection.leave();
    await once(a.connection, 'lost');
    line.mend();
    expect(await text(b.connection)).toBe('the last words');
    await eventually(() => expect([a.said.at(-1), b.said.at(-1)]).toEqual(['close', 'close']));
    // All may have arrived on the old channel before it is told that it carries again.
    expect(a.said.filter((word) => word !== 'resumed')).toEqual(['lost', 'goodbye by us', 'close']);
    expect(b.said).toContain('goodbye by peer');
  });

  test('waits for that also when its channel is gone', async () => {
    const { a, b, line } = await twoOnALine();
    line.drop();
    await once(a.connection, 'lost');
    a.connection.write('the last words');
    a.connection.leave();
    expect(await text(b.connection)).toBe('the last words');
    await eventually(() => expect(a.said).toEqual(['lost', 'resumed', 'goodbye by us', 'close']));
  });

  test('leaves at once if nothing is missing, or when it is told to a second time', async () => {
    const { a, b, line } = await twoOnALine();
    line.close();
    await Promise.all([a, b].map(({ connection }) => once(connection, 'lost')));
    a.connection.leave();
    expect(a.said).toEqual(['lost', 'goodbye by us']);
    b.connection.write('never to arrive');
    b.connection.leave();
    expect(b.said).toEqual(['lost']);
    b.connection.leave();
    expect(b.said).toEqual(['lost', 'goodbye by us']);
  });

  test('fails if the connection does not come back in time', async () => {
    const { a, line } = await twoOnALine({ giveUpMs: 200 });
    line.close();
    await once(a.connection, 'lost');
    a.connection.write('never to arrive');
    a.connection.leave();
    await eventually(() => expect(a.said).toEqual(['lost', 'error ERR_CONNECTION_LOST', 'close']));
  });
});

test('a chat that is left while it is lost ends at once, and says what has not been delivered', async () => {
  expectNothingLeft();
  const line = await startCuttableServer();
  const [a, b] = [new RecordedChat(line.options), new RecordedChat(line.options)];
  await Promise.all([a, b].map((one) => one.event('connected')));
  a.chat.send('delivered');
  await a.event('delivered');
  line.close();
  await a.event('lost');
  a.chat.send('never to arrive');
  const printed: string[] = [];
  a.chat.subscribe(createPlainPrinter((words) => printed.push(words)));
  a.chat.leave();
  expect(a.all('ended')).toEqual([]);
  // It does not wait the five seconds in which the message might have arrived.
  for (let turns = 0; turns < 20; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(a.all('ended')).toMatchObject([{ reason: 'quit', exit: 0, undelivered: 1 }]);
  expect(printed.slice(-2)).toEqual(['* left the chat\n', '* 1 message not delivered\n']);
});

/**
 * Both have ended. What `a` wrote has not arrived, and does not before the line is mended. Its reader, an iterator,
 * destroys the connection.
 */
async function readToItsEnd(options?: Partial<ConnectOptions>) {
  const both = await twoOnALine(options);
  const { a, b, line } = both;
  a.connection.resume();
  b.connection.end();
  await Promise.all([once(b.connection, 'finish'), once(a.connection, 'end')]);
  line.cut();
  line.drop();
  await once(a.connection, 'lost');
  a.connection.end('from a');
  expect(await text(a.connection)).toBe('');
  expect(a.connection.destroyed).toBe(true);
  return both;
}

describe('a connection that was read and written to its end, and destroyed while it is lost', () => {
  test('parts when all has arrived', async () => {
    const { a, b, line } = await readToItsEnd();
    line.mend();
    expect(await text(b.connection)).toBe('from a');
    await eventually(() => expect([a.said.at(-1), b.said.at(-1)]).toEqual(['close', 'close']));
    expect(a.said).toEqual(['lost', 'resumed', expect.stringMatching(/^goodbye by /), 'close']);
    expect(b.said).toContain('resumed');
    expect(b.said.join()).not.toContain('error');
  });

  test('fails if that does not happen in time', async () => {
    const { a, line } = await readToItsEnd({ giveUpMs: 300 });
    line.close();
    await eventually(() => expect(a.said).toEqual(['lost', 'error ERR_CONNECTION_LOST', 'close']));
  });

  test.each(['destroyed once more', 'told so by its signal'])('closes at once when %s', async (how) => {
    const abort = new AbortController();
    const { a, line } = await readToItsEnd({ signal: abort.signal });
    line.close();
    if (how === 'destroyed once more') {
      a.connection.destroy();
    } else {
      abort.abort();
    }
    await once(a.connection, 'close');
    expect(a.said).toEqual(['lost', 'close']);
  });
});

test('a signal closes at once even a connection that was read and written to its end', async () => {
  const abort = new AbortController();
  const { a, b, line } = await twoOnALine({ signal: abort.signal });
  b.connection.end();
  a.connection.resume();
  await once(a.connection, 'end');
  line.close();
  await once(a.connection, 'lost');
  a.connection.end('never to arrive');
  abort.abort();
  await once(a.connection, 'close');
  expect(a.said).toEqual(['lost', 'close']);
});

test('a peer that gives up when nothing is missing counts as one that has left, and all that it sent is read', async () => {
  const { a, b } = await twoOnALine();
  a.connection.end('from a');
  b.connection.end('from b');
  await Promise.all([a, b].map(({ connection }) => once(connection, 'finish')));
  a.connection.destroy(new Error('in haste'));
  await eventually(() => expect(b.said).toEqual(['finish', 'goodbye by peer']));
  expect(await text(b.connection)).toBe('from a');
  await eventually(() => expect(b.said).toEqual(['finish', 'goodbye by peer', 'close']));
});

/** A clock that moves only when the test says so, and runs the timers that are due. */
function ownTime() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => {
    clock.mockRestore();
    vi.useRealTimers();
  });
  return async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 0.5) {
      now += 500;
      vi.advanceTimersByTime(500);
      for (let turns = 0; turns < 4; turns += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
}

/** A link to a peer that answers pings, but whose reader takes nothing: it never allows more than a window. */
function linkToStalled(before = 0): { readonly link: FrameLink; readonly cut: () => void } {
  const [one, other] = linePair();
  const decoder = createFrameDecoder();
  let received = before;
  other.on('data', (chunk: Buffer) => {
    for (const frame of decoder.push(chunk)) {
      if (frame.type === 'data') {
        received = frame.offset + frame.bytes.length;
      }
      const ack = encodeFrame({ type: 'ack', received, limit: WINDOW_BYTES });
      if (frame.type === 'ping') {
        other.write(Buffer.concat([ack, encodeFrame({ type: 'pong', id: frame.id })]));
      } else if (frame.type === 'data') {
        other.write(ack);
      }
    }
  });
  return { link: new FrameLink(one), cut: () => void other.destroy() };
}

/** Both have written and read all, and know it. Their readers still have to take it. */
async function twoWithReaders() {
  const two = await twoOnALine();
  const sides = await Promise.all(
    [two.a, two.b].map(async ({ connection }) => {
      const taken = Promise.withResolvers<void>();
      connection.awaitReader(taken.promise);
      connection.end('all');
      await once(connection.resume(), 'end');
      await eventually(() => expect(connection.isWhole).toBe(true));
      return taken;
    }),
  );
  return { ...two, takenByA: sides[0]!, takenByB: sides[1]! };
}

describe("two sides that wait for each other's reader", () => {
  test('finish when both readers have taken all', async () => {
    const { a, b, takenByA, takenByB } = await twoWithReaders();
    takenByA.resolve();
    await once(a.connection, 'finish');
    expect(b.said).toEqual([]);
    takenByB.resolve();
    await eventually(() => expect([a.said.at(-1), b.said.at(-1)]).toEqual(['close', 'close']));
    expect(a.said).toEqual(['finish', 'goodbye by us', 'close']);
    expect(b.said[0]).toBe('finish');
  });

  test('fail both if a reader fails, also after the other side has said goodbye', async () => {
    const { a, b, takenByA } = await twoWithReaders();
    takenByA.resolve();
    await once(a.connection, 'finish');
    b.connection.destroy(new Error('the disk is full'));
    await eventually(() => expect(a.said).toEqual(['finish', 'error ERR_CONNECTION_LOST', 'close']));
    expect(b.said).toEqual(['error undefined', 'close']);
  });

  test.each([
    ['is gone', (cut: () => void): void => cut()],
    ['is silent', () => undefined],
  ])('part if the channel %s after the goodbye of one', async (_, trouble) => {
    const pass = ownTime();
    const [one, other] = linePair();
    const { session, said } = listeningSession();
    session.awaitReaders(() => true);
    session.attach(new FrameLink(one));
    other.write(encodeFrame({ type: 'close', reason: 'quit' }));
    await pass(1);
    expect(said).toEqual([]);
    trouble(() => void other.destroy());
    await pass(120);
    expect(said).toEqual(['closed by peer']);
  });
});

describe('a session that has said goodbye', () => {
  test('stays open during a cut of any length', async () => {
    const pass = ownTime();
    const [one] = linePair();
    const { session, said } = listeningSession();
    for (const word of ['suspect', 'silent'] as const) {
      session.on(word, () => said.push(word));
    }
    session.attach(new FrameLink(one));
    session.write(Buffer.from('the last words'));
    session.close('quit');
    await pass(120);
    expect(said).toEqual(['suspect', 'silent']);
  });

  test('gives up a peer that takes nothing for 30 s, also on its next channel', async () => {
    const pass = ownTime();
    const { session, said } = listeningSession();
    const first = linkToStalled();
    session.attach(first.link);
    session.write(Buffer.alloc(WINDOW_BYTES + 1));
    session.close('quit');
    await pass(20);
    expect(session.acknowledged).toBe(WINDOW_BYTES);
    first.cut();
    await pass(120);
    expect(said).toEqual(['gone']);
    session.resume(linkToStalled(WINDOW_BYTES).link, WINDOW_BYTES);
    await pass(29);
    expect(said).toEqual(['gone', 'resumed 0']);
    await pass(2);
    expect(said).toEqual(['gone', 'resumed 0', 'failed: the peer acknowledges nothing']);
  });
});

test.each([
  ['us', true, true, false, [[1500, 'over']]],
  ['us', true, false, false, [[1500, 'over']]],
  ['us', false, true, false, [[30_000, 'stalled']]],
  // Another channel is looked for, and that search has its own bound.
  ['us', false, false, false, []],
  ['peer', false, false, false, [[1500, 'over']]],
  // The reader of a peer that answers pings may be slow.
  ['us', true, true, true, []],
  ['us', true, false, true, [[1500, 'over']]],
  ['us', false, true, true, [[30_000, 'stalled']]],
  ['peer', true, true, true, [[1500, 'over']]],
] as const)(
  'a goodbye by %s, all delivered: %j, over a channel that carries: %j, to a reader: %j, waits: %j',
  (by, isDelivered, carries, awaitsReader, ends) => {
    void ownTime();
    const startedAt = Date.now();
    const said: [number, string][] = [];
    function tell(word: string) {
      return said.push([Date.now() - startedAt, word]);
    }
    const goodbye = new GracefulClose(by, 'quit', {
      isDelivered: () => isDelivered,
      carries: () => carries,
      awaitsReader: () => awaitsReader,
      onOver: () => tell('over'),
      onStalled: () => tell('stalled'),
    });
    vi.advanceTimersByTime(3_600_000);
    expect(said).toEqual(ends);
    goodbye.stop();
  },
);
