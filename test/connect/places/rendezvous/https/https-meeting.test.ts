/** Two sides that meet at a rendezvous behind TLS and WebSocket, or in spite of a port that cannot be reached. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest';
import { connect, type Connection } from '../../../../../source/connect/connection.ts';
import { parseInvite } from '../../../../../source/protocol/invite.ts';
import { RecordedChat } from '../../../../helpers/chats/recorded-chat.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { expectNothingLeft } from '../../../../helpers/nothing-left.ts';
import { recordDials } from '../../../../helpers/record-dials.ts';
import { makeCertificate, trustCertificate } from '../../../../helpers/servers/certificates.ts';
import { freePort } from '../../../../helpers/servers/free-port.ts';
import { startTwoStunServers } from '../../../../helpers/servers/mailbox-place.ts';
import { startHttpsFront } from '../../../../helpers/servers/https-front.ts';
import { behindBalancer, joinMessage, TestServer } from '../../../../helpers/servers/rendezvous-server.ts';
import { seen } from '../../../../helpers/servers/seen.ts';
import { sharedInFile } from '../../../../helpers/shared.ts';

const theCertificate = sharedInFile(async (owner) => {
  const files = makeCertificate(owner);
  trustCertificate(files, owner);
  return files;
});

const host = '127.0.0.1';
const code = { number: 4711, words: ['velvet', 'orbit'] } as const;

async function start(context: TestContext, options: Parameters<typeof TestServer.start>[0] = {}) {
  const files = await theCertificate(context);
  expectNothingLeft();
  const server = await TestServer.start({ ...behindBalancer, ...options }, { returnMs: 60_000 });
  const front = await startHttpsFront(server.port, files);
  return { server, front, https: { https: { host, port: front.port } } };
}

type Options = ConstructorParameters<typeof RecordedChat>[0];

/** A chat that waits in a room of its own, and the code of that. */
async function waitingAt(options: Options) {
  const chat = new RecordedChat(options);
  const { invite } = await chat.event('invite');
  await chat.until(() => chat.all('rendezvous').find(({ state }) => state === 'waiting'));
  return { chat, code: parseInvite(invite).code };
}

describe('a chat at https', () => {
  test('names the place in its invite and its events', async (context) => {
    const { front, https } = await start(context);
    const { chat } = await waitingAt({ server: https });
    const name = `https://127.0.0.1:${front.port}`;
    expect(chat.all('invite')[0]?.invite).toMatch(new RegExp(`@${name}$`));
    expect(new Set(chat.all('rendezvous').map(({ server }) => server))).toEqual(new Set([name]));
  });

  test('dials no probe port before the server has named it, and then from the port of its connection', async (context) => {
    const dialled = recordDials();
    const { server, front, https } = await start(context, { probePort: 0 });
    const { code: room } = await waitingAt({ server: https });
    expect(front.requests).toHaveLength(1);
    expect(dialled).toContain(`127.0.0.1:${server.probePort}`);
    expect(dialled).not.toContain(`127.0.0.1:${front.port + 1}`);
    expect(dialled).not.toContain(`127.0.0.1:${server.port + 1}`);
    const joiner = await server.connectFrom('127.0.0.1');
    joiner.send(joinMessage({ number: room.number }));
    const { peer } = await joiner.expect('matched');
    const { port, probePort } = seen(peer.mapped);
    expect(port).toBe(front.requests[0]?.socket.remotePort);
    // There is no NAT in between.
    expect(probePort).toBe(port);
  });

  test('probes beside its connection if the user names the port', async (context) => {
    const { server, https } = await start(context, { probePort: 0 });
    const { code: room } = await waitingAt({ server: https, probePort: server.probePort });
    const joiner = await server.connectFrom('127.0.0.1');
    joiner.send(joinMessage({ number: room.number }));
    const { peer } = await joiner.expect('matched');
    const { port, probePort } = seen(peer.mapped);
    expect(probePort).toBe(port);
  });

  test('meets one at the same rendezvous without https', async (context) => {
    const { server, https } = await start(context);
    const { chat: first, code: room } = await waitingAt({ server: https });
    const second = new RecordedChat({ server: { host, port: server.port }, code: room });
    await Promise.all([first.event('connected'), second.event('connected')]);
    first.say('hello');
    await second.until(() => second.heard[0]);
    expect(second.heard).toEqual(['hello']);
  });
});

/** A rendezvous that ends TLS itself, and has no probe port that could be guessed. */
async function startSecure(context: TestContext, more: Parameters<typeof TestServer.start>[0] = {}) {
  const { certificate, key } = await theCertificate(context);
  expectNothingLeft();
  const server = await TestServer.start(
    {
      certificate: { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') },
      probePort: 0,
      ...more,
    },
    { returnMs: 60_000 },
  );
  return { server, https: { https: { host: 'localhost', port: server.port } } };
}

describe('at a rendezvous that ends TLS itself', () => {
  test.for(['auto', 'always'] as const)('two meet with --relay %s, and leave', async (relay, context) => {
    const { server, https } = await startSecure(context);
    const options = { server: https, family: 4, relay } as const;
    const { chat: first, code: room } = await waitingAt(options);
    const second = new RecordedChat({ ...options, code: room });
    const connected = await Promise.all([first.event('connected'), second.event('connected')]);
    const path = relay === 'always' ? 'relay' : 'lan';
    expect(connected.map((one) => one.path)).toEqual([path, path]);
    first.say('hello');
    second.say('and you');
    await second.until(() => second.heard[0]);
    await first.until(() => first.heard[0]);
    second.leave();
    expect(await second.end()).toEqual({ reason: 'quit', exit: 0 });
    expect(await first.end()).toEqual({ reason: 'peer-left', exit: 0 });
    await server.settled();
  });

  test('where a web server hides where the two are, they are relayed at once, and told why', async (context) => {
    // All clients of this one are taken for that web server, and it tells of nobody.
    const { https } = await startSecure(context, { forwarded: ['127.0.0.1/32'] });
    const options = { server: https, family: 4, lan: false } as const;
    const { chat: first, code: room } = await waitingAt(options);
    const second = new RecordedChat({ ...options, code: room });
    for (const side of [first, second]) {
      expect(await side.event('connected')).toMatchObject({ path: 'relay' });
      expect(side.all('relay')[0]).toMatchObject({
        state: 'asked',
        reason:
          'no direct connection is possible: a web server in front of the rendezvous hides from it where we are',
      });
      expect(side.all('rendezvous').every((event) => !('mapped' in event))).toBe(true);
    }
  });

  test('which STUN servers tell instead, if they are named', async (context) => {
    const { https } = await startSecure(context, { forwarded: ['127.0.0.1/32'] });
    const stun = await startTwoStunServers();
    const options = { server: https, family: 4, lan: false, relay: 'never', stun } as const;
    const { chat: first, code: room } = await waitingAt(options);
    const waiting = first.all('rendezvous').find(({ state }) => state === 'waiting');
    expect(waiting?.mapped).toMatchObject({ address: '127.0.0.1' });
    const second = new RecordedChat({ ...options, code: room });
    for (const side of [first, second]) {
      await side.event('connected');
      const matched = side.all('rendezvous').find(({ state }) => state === 'matched');
      expect(matched?.mapped).toMatchObject({ address: '127.0.0.1' });
    }
  });

  test('the probe leaves from the port of the connection', async (context) => {
    const { server, https } = await startSecure(context);
    const { code: room } = await waitingAt({ server: https, family: 4 });
    const joiner = await server.connect();
    joiner.send(joinMessage({ number: room.number }));
    const { peer } = await joiner.expect('matched');
    const { port, probePort } = seen(peer.mapped);
    expect(probePort).toBe(port);
  });
});

/** Two that want only the relay. */
async function relayed(context: TestContext) {
  const started = await start(context);
  const options = { server: started.https, code, relay: 'always' } as const;
  const chats = [new RecordedChat(options), new RecordedChat(options)] as const;
  const connected = await Promise.all(chats.map((chat) => chat.event('connected')));
  return { ...started, chats, connected };
}

describe('a session that is relayed at https', () => {
  test('tells the ends of its connection, and closes without a half-close', async (context) => {
    const { server, front, chats, connected } = await relayed(context);
    for (const { path, remote, local } of connected) {
      expect({ path, remote, local: local.address }).toEqual({
        path: 'relay',
        remote: { address: host, port: front.port },
        local: host,
      });
    }
    expect(new Set(connected.map(({ local }) => local.port)).size).toBe(2);
    chats[0].say('last words');
    chats[0].leave();
    expect(await chats[0].end()).toEqual({ reason: 'quit', exit: 0 });
    expect(await chats[1].end()).toEqual({ reason: 'peer-left', exit: 0 });
    expect(chats[1].heard).toEqual(['last words']);
    await server.settled();
  });

  test('resumes when the front has dropped both, and loses nothing', async (context) => {
    const { front, chats } = await relayed(context);
    for (const times of [1, 2]) {
      front.drop();
      chats[0].say(`from a, ${times}`);
      chats[1].say(`from b, ${times}`);
      await Promise.all(chats.map((chat) => chat.until(() => chat.all('resumed')[times - 1])));
      await chats[1].until(() => chats[1].heard[times - 1]);
      await chats[0].until(() => chats[0].heard[times - 1]);
    }
    expect(chats.map(({ heard }) => heard)).toEqual([
      ['from b, 1', 'from b, 2'],
      ['from a, 1', 'from a, 2'],
    ]);
  });

  test('carries bytes both ways, and ends when both have said goodbye', async (context) => {
    const { https } = await start(context);
    const lines = [0, 1].map(() => {
      const line = connect({ server: https, code, relay: 'always' });
      onTestFinished(() => void line.destroy());
      return line;
    });
    const sent = lines.map(() => randomBytes(600_000));
    const heard = await Promise.all(lines.map((line, side) => exchange(line, sent[side] ?? Buffer.alloc(0))));
    expect(heard).toEqual(sent.toReversed().map((bytes) => createHash('sha256').update(bytes).digest('hex')));
  });
});

async function exchange(line: Connection, bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  // Both have said goodbye by then.
  const closed = once(line, 'close');
  line.end(bytes);
  await pipeline(line, hash);
  await closed;
  return hash.digest('hex');
}

describe('a host that is named without a port', () => {
  test('is reached by https if its port refuses, and the user is told once', async (context) => {
    const { front } = await start(context);
    const closed = await freePort();
    const server = { host, port: closed, httpsPort: front.port };
    const { chat: first, code: room } = await waitingAt({ server });
    expect(
      first.all('rendezvous').map(({ state, server: name, unreachedPort }) => [state, name, unreachedPort]),
    ).toEqual([
      ['connecting', `127.0.0.1:${closed}`, undefined],
      ['waiting', `https://127.0.0.1:${front.port}`, closed],
    ]);
    // Where it leads the peer, the peer finds out itself.
    expect(first.all('invite')[0]?.invite).toMatch(new RegExp(`@127\\.0\\.0\\.1:${closed}$`));
    const second = new RecordedChat({ server, code: room });
    await Promise.all([first.event('connected'), second.event('connected')]);
    for (const chat of [first, second]) {
      await chat.until(() => chat.all('rendezvous').find(({ state }) => state === 'closed'));
      expect(chat.all('rendezvous').filter(({ unreachedPort }) => unreachedPort !== undefined)).toHaveLength(
        1,
      );
    }
  });

  test('is reached by https if its port says nothing for a second', async (context) => {
    const { front } = await start(context);
    const silent = await startSilentPort();
    const startedAt = performance.now();
    const { chat } = await waitingAt({ server: { host, port: silent, httpsPort: front.port } });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1000);
    expect(chat.all('rendezvous').at(-1)).toMatchObject({
      server: `https://127.0.0.1:${front.port}`,
      unreachedPort: silent,
    });
  });

  test('is not dialled by https if its port answers', async (context) => {
    const dialled = recordDials();
    const { server, front } = await start(context);
    const { chat } = await waitingAt({ server: { host, port: server.port, httpsPort: front.port } });
    expect(front.requests).toEqual([]);
    expect(dialled).not.toContain(`127.0.0.1:${front.port}`);
    expect(chat.all('rendezvous').map(({ server: name }) => name)).toEqual(
      chat.all('rendezvous').map(() => `127.0.0.1:${server.port}`),
    );
  });

  test('keeps its room when the way by https ends, and its port can be reached again', async (context) => {
    const { server, front } = await start(context);
    const port = await freePort();
    const place = { host, port, httpsPort: front.port };
    const { chat: first, code: room } = await waitingAt({ server: place });
    // From now on the port leads to the same rendezvous.
    const balancer = await passOn(port, server.port);
    front.close();
    await first.until(() => first.all('rendezvous').filter(({ state }) => state === 'waiting')[1]);
    expect(first.all('rendezvous').at(-1)).toMatchObject({ server: `127.0.0.1:${port}` });
    expect(first.all('invite')).toHaveLength(1);
    const second = new RecordedChat({ server: place, code: room });
    await Promise.all([first.event('connected'), second.event('connected')]);
    expect(balancer.count()).toBeGreaterThanOrEqual(2);
  });

  test('names both ways if neither leads there', async () => {
    expectNothingLeft();
    const [closed, alsoClosed] = [await freePort(), await freePort()];
    const chat = new RecordedChat({ server: { host, port: closed, httpsPort: alsoClosed } });
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_UNREACHABLE' });
    expect(chat.all('error')[0]?.message).toBe(
      `the rendezvous 127.0.0.1:${closed} cannot be reached (127.0.0.1: it refused the connection); ` +
        `the rendezvous https://127.0.0.1:${alsoClosed} cannot be reached (127.0.0.1: it refused the connection)`,
    );
  });
});

/**
 * A port that answers no SYN: its program is stopped, so nobody takes the connections of its queue, which is full. Linux
 * drops what comes then.
 */
async function startSilentPort(): Promise<number> {
  const program = `const server = require('node:net').createServer();
    server.listen({ port: 0, host: '${host}', backlog: 1 }, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(String(line).trim());
  child.kill('SIGSTOP');
  // The queue takes one more than its length.
  const filling = [0, 1].map(() => dial(port, host));
  await Promise.all(filling.map((socket) => once(socket, 'connect')));
  onTestFinished(() => filling.forEach((socket) => socket.destroy()));
  return port;
}

/** Listens at this port, and passes on what comes to another one. */
async function passOn(port: number, to: number) {
  let count = 0;
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    count += 1;
    const upstream = dial(to, host);
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => undefined);
    }
    socket.pipe(upstream).pipe(socket);
    socket.once('close', () => upstream.destroy());
    upstream.once('close', () => socket.destroy());
  });
  listener.listen(port, host);
  await once(listener, 'listening');
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return { count: () => count };
}

/** A proxy for CONNECT, and the servers that it was asked for. */
async function startConnectProxy() {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createHttpServer();
  proxy.on('connect', ({ url = '' }, socket: Socket) => {
    asked.push(url);
    const [name = '', port] = url.split(':');
    const upstream = dial(Number(port), name, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => undefined);
    }
    upstream.once('close', () => socket.destroy());
    socket.once('close', () => upstream.destroy());
  });
  proxy.listen(0, host);
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return { asked, proxy: { scheme: 'http', host, port: (proxy.address() as AddressInfo).port } as const };
}

describe('a proxy', () => {
  test('for https leads to a rendezvous at https, and to no other', async (context) => {
    const { server, front, https } = await start(context);
    const { asked, proxy } = await startConnectProxy();
    const proxies = { secure: proxy };
    const { chat: first } = await waitingAt({ server: https, proxies, relay: 'always' });
    const { chat: second } = await waitingAt({ server: { host, port: server.port }, proxies });
    expect(asked).toEqual([`127.0.0.1:${front.port}`]);
    expect(first.all('rendezvous').at(-1)?.proxy).toBe(`http://127.0.0.1:${proxy.port}`);
    expect(second.all('rendezvous').at(-1)).not.toHaveProperty('proxy');
  });

  test('for https is taken on the way round a port that cannot be reached', async (context) => {
    const { front } = await start(context);
    const { asked, proxy } = await startConnectProxy();
    const server = { host, port: await freePort(), httpsPort: front.port };
    const { chat } = await waitingAt({ server, proxies: { secure: proxy } });
    expect(asked).toEqual([`127.0.0.1:${front.port}`]);
    expect(chat.all('rendezvous').at(-1)?.proxy).toBe(`http://127.0.0.1:${proxy.port}`);
  });

  test('for everything leads there, too, unless the host is excepted', async (context) => {
    const { front, https } = await start(context);
    const { asked, proxy } = await startConnectProxy();
    await waitingAt({ server: https, proxies: { all: proxy, except: '127.0.0.0/8' } });
    expect(asked).toEqual([]);
    await waitingAt({ server: https, proxies: { all: proxy } });
    await eventually(() => expect(asked).toContain(`127.0.0.1:${front.port}`));
  });

  test('that lets nothing out but port 443 does not keep a chat from a host without a port', async (context) => {
    const { front } = await start(context);
    const { proxy, asked } = await startConnectProxy();
    const closed = await freePort();
    const { chat } = await waitingAt({
      server: { host, port: closed, httpsPort: front.port },
      proxies: { all: proxy },
      relay: 'always',
    });
    expect(asked).toEqual([`127.0.0.1:${closed}`, `127.0.0.1:${front.port}`]);
    expect(chat.all('rendezvous').at(-1)).toMatchObject({ unreachedPort: closed });
  });

  test('in front of the rendezvous at https leaves a port of ours to be seen beside it', async (context) => {
    const { https } = await start(context);
    const { proxy } = await startConnectProxy();
    const { chat: first, code: room } = await waitingAt({ server: https, proxies: { secure: proxy } });
    const second = new RecordedChat({ server: https, proxies: { secure: proxy }, code: room });
    await Promise.all([first.event('connected'), second.event('connected')]);
    const matched = second.all('rendezvous').find(({ state }) => state === 'matched');
    expect(matched?.mapped?.address).toBe(host);
  });
});
