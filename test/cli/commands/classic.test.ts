import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { expectEventShapes } from '../../helpers/chats/event-shapes.ts';
import { freePort } from '../../helpers/servers/free-port.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { heardBy, lines, startPunchline, type Punchline } from '../../helpers/programs/punchline.ts';
import { keepBytes, startRawServer, type RawConnection } from '../../helpers/strangers/raw-server.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

const hello = 'Hello, world\n\0';

function startClassic(port: number, ...args: string[]): Punchline {
  return startPunchline(['chat', '--classic', '--json', '-s', `127.0.0.1:${port}`, ...args]);
}

/** Ends a chat by a signal, and checks all that holds for every classic chat. */
async function interrupt(chat: Punchline): Promise<void> {
  chat.kill('SIGTERM');
  const { code } = await chat.ended();
  expect(code).toBe(143);
  expectEventShapes(chat.events);
}

/** An old first client: it dials the second one from any port. */
function dialSecond(port: number): RawConnection {
  return keepBytes(connect({ host: '127.0.0.1', port, noDelay: true }));
}

/** Our chat as the second client of `IP1 PORT1 PORT2`. Resolves with the local port at which it listens. */
async function startSecond(first: string, ...args: string[]) {
  const oldServer = await startRawServer();
  const chat = startClassic(oldServer.port, ...args);
  const { socket, remotePort } = await oldServer.next();
  // The mapped port is not the local one, as behind a NAT.
  socket.end(`${first} 7\n\0`);
  return { chat, localPort: remotePort };
}

describe('as the first, with an old server and an old second', () => {
  test('dials the second client from the port that it used with the server, and sends as the exercise does', async () => {
    const oldServer = await startRawServer();
    const oldSecond = await startRawServer();
    const chat = startClassic(oldServer.port);
    const atServer = await oldServer.next();
    atServer.socket.write('first\n\0');
    await chat.waitFor('rendezvous', ({ state }) => state === 'waiting');
    atServer.socket.end(`127.0.0.1 ${oldSecond.port}\n\0`);

    const atSecond = await oldSecond.next();
    expect(atSecond.remotePort).toBe(atServer.remotePort);
    expect(await chat.waitFor('connected')).toMatchObject({
      path: 'lan',
      family: 4,
      local: { address: '127.0.0.1', port: atServer.remotePort },
      remote: { address: '127.0.0.1', port: oldSecond.port },
      peer: { name: 'peer' },
      cipher: 'none',
      group: 'none',
    });
    await atSecond.length(3 * hello.length);
    expect(atSecond.received.slice(0, 3 * hello.length)).toBe(hello.repeat(3));
    await chat.waitFor('heartbeat', ({ n }) => n === 3);
    const beats = chat.events.filter(({ event }) => event === 'heartbeat');
    expect(beats.slice(0, 3)).toMatchObject(
      [1, 2, 3].map((n) => ({ direction: 'sent', n, text: 'Hello, world' })),
    );
    expect(Math.round((beats[2]!.at - beats[0]!.at) / 1000)).toBe(2);

    chat.write('grüße\nbye\n');
    await chat.waitFor('message', ({ text }) => text === 'bye');
    await atSecond.length(atSecond.received.length + 'grüße\n\0bye\n\0'.length);
    expect(atSecond.received.replaceAll(hello, '')).toBe('gr\u00C3\u00BC\u00C3\u009Fe\n\0bye\n\0');
    expect(atServer.received).toBe('');
    await interrupt(chat);
    await atSecond.closed();
  });

  test('dials once a second until the second client listens', async () => {
    const oldServer = await startRawServer();
    const port = await freePort();
    const chat = startClassic(oldServer.port);
    const { socket } = await oldServer.next();
    socket.end(`first\n\u0000127.0.0.1 ${port}\n\0`);
    await chat.waitFor('attempt', ({ n, outcome }) => n === 2 && outcome === 'refused');
    const oldSecond = createServer((peer) => peer.end('late\n\0'));
    oldSecond.listen(port, '127.0.0.1');
    await once(oldSecond, 'listening');
    await chat.waitFor('message', ({ from, text }) => from === 'peer' && text === 'late');
    oldSecond.close();

    const { code } = await chat.ended();
    expect(code).toBe(0);
    expect(chat.events.at(-1)).toMatchObject({ reason: 'peer-left' });
    expectEventShapes(chat.events);
    const attempts = chat.events.filter((event) => event.event === 'attempt');
    expect(attempts.map(({ n, of, outcome }) => `${n}/${of} ${outcome}`)).toEqual([
      '1/10 started',
      '1/10 refused',
      '2/10 started',
      '2/10 refused',
      '3/10 started',
      '3/10 connected',
    ]);
    const starts = attempts.filter(({ outcome }) => outcome === 'started').map(({ at }) => at);
    expect(starts.slice(1).map((at, index) => Math.round((at - starts[index]!) / 1000))).toEqual([1, 1]);
  });
});

describe('as the second, with an old server and an old first', () => {
  test('dials the first client once, then accepts its connection at the local port, not the mapped one', async () => {
    const port = await freePort();
    const { chat, localPort } = await startSecond(`127.0.0.1 ${port}`);
    const attempt = await chat.waitFor('attempt', ({ outcome }) => outcome === 'refused');
    expect(attempt).toMatchObject({ n: 1, of: 1, address: '127.0.0.1', port });
    const first = dialSecond(localPort);
    first.socket.write(hello.repeat(2));
    expect(await chat.waitFor('connected')).toMatchObject({ local: { port: localPort }, cipher: 'none' });
    expect(await chat.waitFor('heartbeat', ({ n }) => n === 2)).toMatchObject({
      direction: 'received',
      text: 'Hello, world',
    });
    chat.write('hi\n');
    await first.length(4);
    expect(first.received).toBe('hi\n\0');
    expect(chat.events.filter(({ event }) => event === 'attempt')).toHaveLength(2);
    await interrupt(chat);
    await first.closed();
  });

  test('reads messages that are split or joined at any byte', async () => {
    const { chat, localPort } = await startSecond(`127.0.0.1 ${await freePort()}`);
    await chat.waitFor('attempt', ({ outcome }) => outcome === 'refused');
    const first = dialSecond(localPort);
    const stream = `${hello}one\n\0${hello}two three\n\0\n\0four\nfive\0`;
    for (const character of stream) {
      first.socket.write(character);
      // Each byte goes into a segment of its own, because the event loop runs in between.
      await new Promise((resolve) => setImmediate(resolve));
    }
    first.socket.write(stream);
    first.socket.end(`${hello}unfinished`);
    expect((await chat.ended()).code).toBe(0);
    expectEventShapes(chat.events);
    const heard = chat.events.flatMap((event) =>
      event.event === 'heartbeat' || event.event === 'message' ? [event.text] : [],
    );
    const stanza = ['Hello, world', 'one', 'Hello, world', 'two three', 'four', 'five'];
    expect(heard).toEqual([...stanza, ...stanza, 'Hello, world']);
  });

  test('sends heartbeats if it is told to', async () => {
    const { chat, localPort } = await startSecond(`127.0.0.1 ${await freePort()}`, '--heartbeat=0.1');
    await chat.waitFor('attempt', ({ outcome }) => outcome === 'refused');
    const first = dialSecond(localPort);
    await first.length(3 * hello.length);
    expect(first.received.slice(0, 3 * hello.length)).toBe(hello.repeat(3));
    await interrupt(chat);
  });

  test.each([
    ['an uninitialised address', '0.0.0.0 0'],
    ['a group', '224.0.0.1 4711'],
  ])('dials nobody if the server hands out %s', async (_, named) => {
    const { chat, localPort } = await startSecond(named);
    expect(await chat.waitFor('peer')).toMatchObject({ role: 'a', candidates: [] });
    // Until it listens, dials are refused.
    let first = dialSecond(localPort);
    for (let dials = 1; dials < 1000; dials += 1) {
      const connected = await once(first.socket, 'connect').then(
        () => true,
        () => false,
      );
      if (connected) {
        break;
      }
      first = dialSecond(localPort);
    }
    first.socket.write(hello);
    await chat.waitFor('heartbeat');
    expect(chat.events.some(({ event }) => event === 'attempt')).toBe(false);
    await interrupt(chat);
  });
});

test('as the first client, does not dial the server itself, even if told to: exit 3', async () => {
  const server = await startRawServer();
  const chat = startClassic(server.port);
  const { socket } = await server.next();
  socket.end(`first\n\u0000127.0.0.1 ${server.port}\n\0`);
  const { code, stderr } = await chat.ended();
  expect(code).toBe(3);
  expect(stderr).toContain(
    `says that the peer is at 127.0.0.1:${server.port}, which is the rendezvous itself`,
  );
  expect(chat.events.some(({ event }) => event === 'attempt')).toBe(false);
});

test('a punch that fails ends with exit 6: after 10 refused dials, or if nobody dials', async () => {
  const oldServer = await startRawServer();
  const port = await freePort();
  const first = startClassic(oldServer.port);
  const { socket } = await oldServer.next();
  socket.end(`first\n\u0000127.0.0.1 ${port}\n\0`);
  const { chat: second } = await startSecond(`127.0.0.1 ${port}`, '--attempts', '1');

  const secondEnd = await second.ended();
  expect(secondEnd.code).toBe(6);
  expect(secondEnd.stderr).toMatch(
    /the first peer, 127\.0\.0\.1:\d+, did not get through to our port \d+ within 4 s/,
  );
  const firstEnd = await first.ended();
  expect(firstEnd.code).toBe(6);
  expect(firstEnd.stderr).toContain(`no connection to 127.0.0.1:${port} in 10 attempts (10 × refused)`);
  const refused = first.events.filter((event) => event.event === 'attempt' && event.outcome === 'refused');
  expect(refused).toHaveLength(10);
  for (const { events } of [first, second]) {
    expectEventShapes(events);
    expect(events.at(-2)).toMatchObject({ event: 'error', code: 'ERR_PUNCH_FAILED' });
  }
});

describe('two of our clients', () => {
  test('meet at our own server and talk both ways', async () => {
    const server = await openRendezvous();
    const first = startClassic(server.port);
    await first.waitFor('rendezvous', ({ state }) => state === 'waiting');
    const second = startClassic(server.port);
    await first.waitFor('connected');
    first.write('from the first\n');
    await second.waitFor('message', ({ from, text }) => from === 'peer' && text === 'from the first');
    second.write('from the second\n');
    await first.waitFor('message', ({ from, text }) => from === 'peer' && text === 'from the second');
    await second.waitFor('heartbeat', ({ direction }) => direction === 'received');
    second.endInput();
    expect((await second.ended()).code).toBe(0);
    expect((await first.ended()).code).toBe(0);
    expectEventShapes(first.events);
    expectEventShapes(second.events);
    expect(first.events.at(-1)).toMatchObject({ reason: 'peer-left' });
    expect(second.events.at(-1)).toMatchObject({ reason: 'quit' });
  });

  test('deliver all of both inputs, even if both end at once', async () => {
    const server = await TestServer.start({}, { classicSilenceMs: 50 });
    function start(who: string) {
      return startPunchline(['chat', '--classic', '--json', '-s', `127.0.0.1:${server.port}`], {
        input: lines(who)
          .map((line) => `${line}\n`)
          .join(''),
      });
    }
    const chats = { one: start('one'), two: start('two') };
    expect((await chats.one.ended()).code).toBe(0);
    expect((await chats.two.ended()).code).toBe(0);
    expect(heardBy(chats.one)).toEqual(lines('two'));
    expect(heardBy(chats.two)).toEqual(lines('one'));
  });

  test('say in plain words that nothing is encrypted', async () => {
    const { port } = await TestServer.start({}, { classicSilenceMs: 50 });
    const args = ['chat', '--classic', '--plain', '-s', `127.0.0.1:${port}`];
    const first = startPunchline(args);
    await first.waitForText(/^\* waiting for the peer$/m);
    const second = startPunchline(args, { input: 'hi\n' });
    const { code, stdout } = await second.ended();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\* NOT ENCRYPTED/m);
    await first.waitForText(/^<peer> hi$/m);
    const end = await first.ended();
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/^\* NOT ENCRYPTED/m);
    expect(end.stdout).toMatch(/^\* peer has left$/m);
  });
});

test('a modern client that gets the classic answer tries once more, and then ends with exit 3', async () => {
  const oldServer = await startRawServer((socket) => socket.write('first\n\0'));
  const chat = startPunchline(['chat', '--json', '-s', `127.0.0.1:${oldServer.port}`, '--probe-port', '1']);
  await oldServer.next();
  await oldServer.next();
  const { code, stderr } = await chat.ended();
  expect(code).toBe(3);
  expect(stderr).toContain('took us for a program of the old, unencrypted protocol');
  expect(stderr).toContain('--classic');
  expectEventShapes(chat.events);
  expect(
    chat.events.filter((event) => event.event === 'rendezvous' && event.state === 'connecting'),
  ).toHaveLength(2);
});
