/** `punchline forward`, with clients and servers of TCP on loopback. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { twoFriends } from '../../helpers/friends/friend-homes.ts';
import { readToEnd } from '../../helpers/read-to-end.ts';
import { startPunchline, type Punchline } from '../../helpers/programs/punchline.ts';
import { freePort } from '../../helpers/servers/free-port.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { startCuttableServer } from '../../helpers/sessions/cuttable-server.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';

const code = ['--code', '5000-velvet-orbit'];

/** A server of TCP on loopback. It ends with the test. */
async function serveTcp(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return (server.address() as AddressInfo).port;
}

function dial(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** The port at which the program says that it listens. */
async function portOf(program: Punchline): Promise<number> {
  const [, port = ''] = await program.waitForText(/listening at 127\.0\.0\.1:(\d+)/);
  return Number(port);
}

/** One side that reaches a port of the other. */
async function forwarding(target: number, options: readonly string[], allowed = target) {
  const giver = startPunchline(['forward', '--allow', `127.0.0.1:${allowed}`, ...code, ...options]);
  const taker = startPunchline(['forward', `0:127.0.0.1:${target}`, ...code, ...options]);
  return { giver, taker, port: await portOf(taker) };
}

test('says on both sides what to type, and carries both halves to their ends', async () => {
  const { options } = await openRendezvous();
  const target = await serveTcp((socket) => {
    void readToEnd(socket).then((question) => socket.end(`you said ${String(question)}`));
  });
  const taker = startPunchline(['forward', `0:127.0.0.1:${target}`, ...options]);
  const [, allow = '', invite = ''] = await taker.waitForText(/punchline forward --allow (\S+) (\S+)/);
  expect(allow).toBe(`127.0.0.1:${target}`);
  const giver = startPunchline(['forward', '--allow', allow, invite]);
  const socket = dial(await portOf(taker));
  socket.end('hello');
  expect(String(await readToEnd(socket))).toBe('you said hello');
  expect(giver.stderr).toContain(`* the other side may reach 127.0.0.1:${target} from here\n`);
  taker.kill('SIGTERM');
  await expect(taker.ended()).resolves.toMatchObject({ code: 143, stdout: '' });
  await expect(giver.ended()).resolves.toMatchObject({ code: 0, stdout: '' });
});

test('carries connections between friends, who need no code', async () => {
  const { ada, grace } = await twoFriends();
  const target = await serveTcp((socket) => socket.pipe(socket));
  const giver = grace.run('forward', '--allow', `127.0.0.1:${target}`, 'ada');
  const taker = ada.run('forward', `0:127.0.0.1:${target}`, 'grace');
  const socket = dial(await portOf(taker));
  socket.end('hello');
  expect(String(await readToEnd(socket))).toBe('hello');
  taker.kill('SIGTERM');
  await expect(giver.ended()).resolves.toMatchObject({ code: 0 });
});

test('carries 50 connections at once, one of which nobody reads', async () => {
  const { options } = await openRendezvous();
  const target = await serveTcp((socket) =>
    socket.once('data', (first) => {
      if (String(first).startsWith('stuck')) {
        socket.pause();
        return;
      }
      socket.unshift(first);
      socket.pipe(socket);
    }),
  );
  const { port } = await forwarding(target, options);
  const stuck = dial(port);
  stuck.write('stuck');
  stuck.write(Buffer.alloc(20_000_000));
  const echoes = Array.from({ length: 50 }, async (_, n) => {
    const sent = randomBytes(20_000 + n);
    const socket = dial(port);
    socket.end(sent);
    return (await readToEnd(socket)).equals(sent);
  });
  expect(await Promise.all(echoes)).toEqual(Array.from({ length: 50 }, () => true));
});

test('a connection waits for the peer, and lives through a cut without losing a byte', async () => {
  const { drop, options } = await startCuttableServer({ relayBytesPerSecond: 20_000_000 });
  const sent = randomBytes(6_000_000);
  const target = await serveTcp((socket) => socket.pipe(socket));
  const words = ['--relay', 'always', '--server', `${options.server.host}:${options.server.port}`];
  const { port, taker } = await forwarding(target, words);
  const socket = dial(port);
  socket.end(sent);
  const echo = readToEnd(socket);
  await taker.waitForText(/connected to/);
  await once(socket, 'data').catch(() => undefined);
  drop();
  await taker.waitForText(/connected again/);
  expect((await echo).equals(sent)).toBe(true);
});

test.each<[string, number, string]>([
  ['does not allow', 0, 'the other side does not allow it'],
  ['cannot reach', 1, 'it refused the connection'],
])('a target that the other side %s resets the connection, and says why', async (_, isAllowed, reason) => {
  const { options } = await openRendezvous();
  const target = await freePort();
  const { giver, taker, port } = await forwarding(target, options, isAllowed === 1 ? target : target - 1);
  const [error] = (await once(dial(port), 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
  const sentence = `a connection to 127.0.0.1:${target} has failed: ${reason}`;
  await taker.waitForText(new RegExp(sentence.replaceAll('.', String.raw`\.`)));
  await giver.waitForText(new RegExp(sentence.replaceAll('.', String.raw`\.`)));
});

test('a reset of a client reaches the server, and the next connection is a new one', async () => {
  const { options } = await openRendezvous();
  const ends: string[] = [];
  const target = await serveTcp((socket) => {
    socket.on('data', () => socket.write('more'));
    socket.on('error', ({ message }) => ends.push(message));
    socket.on('close', () => ends.push('close'));
  });
  const { port } = await forwarding(target, options);
  const socket = dial(port);
  socket.write('x');
  await once(socket, 'data');
  socket.resetAndDestroy();
  await eventually(() => expect(ends).toContain('close'));
  const next = dial(port);
  next.write('x');
  expect(String((await once(next, 'data'))[0])).toBe('more');
});

test('a side that is killed and started anew is reached again', async () => {
  const { options } = await openRendezvous();
  const target = await serveTcp((socket) => socket.pipe(socket));
  const { giver, port } = await forwarding(target, options);
  const first = dial(port);
  first.write('one');
  expect(String((await once(first, 'data'))[0])).toBe('one');
  const isReset = new Promise((resolve) => first.once('close', resolve));
  giver.kill('SIGKILL');
  startPunchline(['forward', '--allow', `127.0.0.1:${target}`, ...code, ...options]);
  await isReset;
  const second = dial(port);
  second.write('two');
  expect(String((await once(second, 'data'))[0])).toBe('two');
});

test('a chat on the other side ends both, with exit 2', async () => {
  const { options } = await openRendezvous();
  const forward = startPunchline(['forward', '--allow', 'localhost:80', ...code, ...options]);
  const chat = startPunchline(['chat', '--json', ...code, ...options]);
  const ended = await forward.ended();
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('the peer runs "punchline chat", we run "punchline forward"');
  await expect(chat.ended()).resolves.toMatchObject({ code: 2 });
});

test.each<[string[], number, string]>([
  [[], 2, 'nothing is forwarded, and nothing is allowed'],
  [['7-velvet-orbit@127.0.0.1'], 2, 'nothing is forwarded, and nothing is allowed'],
  [['8080'], 2, "'8080' is no forward"],
  [['8080:localhost:0'], 2, "'0' is no port"],
  [['--allow', 'localhost'], 2, "--allow 'localhost' names no port"],
  [['0:localhost:80', '--classic'], 2, 'classic'],
  [['203.0.113.1:0:localhost:80'], 8, 'nothing can listen on 203.0.113.1:0: '],
])('refuses %j before anything begins', async (words, exit, text) => {
  let dials = 0;
  const { port } = await startRawServer(() => (dials += 1));
  const { code: found, stderr } = await startPunchline(['forward', ...words, '-s', `127.0.0.1:${port}`], {
    input: '',
  }).ended();
  expect({ found, dials }).toEqual({ found: exit, dials: 0 });
  expect(stderr).toContain(text);
});

test('a port that is in use is named, with exit 8', async () => {
  const taken = await serveTcp(() => undefined);
  const { code: exit, stderr } = await startPunchline(
    ['forward', `${taken}:localhost:80`, '-s', '127.0.0.1:1'],
    { input: '' },
  ).ended();
  expect(exit).toBe(8);
  expect(stderr).toContain(`the port 127.0.0.1:${taken} is in use`);
});
