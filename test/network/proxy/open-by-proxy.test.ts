import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { PunchlineError } from '../../../source/errors.ts';
import { dialServer } from '../../../source/connect/places/rendezvous/dial-server.ts';
import { type OpenedByProxy, openByProxy } from '../../../source/network/proxy/open-by-proxy.ts';
import { parseProxy } from '../../../source/network/proxy/read-proxies.ts';
import { says, startRawServer } from '../../helpers/strangers/raw-server.ts';

const to = { host: 'meet.example.org', port: 8877 };
const never = new AbortController().signal;

/** Answers each chunk that comes with the next of these; after the last, with nothing. */
function script(...answers: readonly string[]) {
  const left = [...answers];
  return (socket: Socket) =>
    void socket.on('data', () => {
      const next = left.shift();
      if (next !== undefined) {
        socket.write(Buffer.from(next, 'latin1'));
      }
    });
}

async function open(
  scheme: string,
  proxy: (socket: Socket) => void,
  { user = '', answerMs = 5000, signal = never, target = to } = {},
) {
  const server = await startRawServer(proxy);
  const url = `${scheme}://${user}127.0.0.1:${server.port}`;
  const { socket } = await dialServer({ server: { host: '127.0.0.1', port: server.port }, signal: never });
  const options = { proxy: parseProxy(url, '--proxy'), to: target, proxyRttMs: 0, answerMs, signal };
  return { server, socket, result: openByProxy(socket, options) };
}

async function failureOf(result: Promise<OpenedByProxy>) {
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PunchlineError);
  const { code, message, hint } = error as PunchlineError;
  expect(code).toBe('ERR_PROXY');
  return { message, hint };
}

const noAuth = '\u0005\u0000';
const granted = '\u0005\u0000\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0000';

test('a proxy of HTTP is asked by CONNECT with the name, and what comes behind its answer is not lost', async () => {
  const { server, result } = await open('http', script('HTTP/1.1 200 OK\r\nX: y\r\n\r\nfirst'), {
    user: 'ada:se%3Acret@',
  });
  const { socket } = await result;
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('first');
  const { received } = await server.next();
  const basic = Buffer.from('ada:se:cret').toString('base64');
  expect(received).toContain('CONNECT meet.example.org:8877 HTTP/1.1\r\n');
  expect(received).toContain('Host: meet.example.org:8877\r\n');
  expect(received).toContain(`Proxy-Authorization: Basic ${basic}\r\n`);
});

test('a proxy of SOCKS is asked with the name, and what comes behind its answer waits for its reader', async () => {
  const { server, result } = await open('socks5h', script(noAuth, `${granted}first`));
  const { socket } = await result;
  // Nobody listens for some turns of the loop.
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('first');
  const { received } = await server.next();
  expect(received).toContain(
    `\u0005\u0001\u0000\u0003${String.fromCharCode(to.host.length)}${to.host}\u0022\u00ad`,
  );
});

test('a name in another script is asked for as resolvers know it', async () => {
  const target = { host: 'bücher.example', port: 8877 };
  const { server, result } = await open('http', script('HTTP/1.1 200 OK\r\n\r\n'), { target });
  await result;
  expect((await server.next()).received).toContain('CONNECT xn--bcher-kva.example:8877 ');
});

test('an IPv6 address stands in brackets', async () => {
  const target = { host: '2001:db8::1', port: 8877 };
  const { server, result } = await open('http', script('HTTP/1.1 200 OK\r\n\r\n'), { target });
  await result;
  expect((await server.next()).received).toContain('CONNECT [2001:db8::1]:8877 ');
});

test.each([
  ['http', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'it says 403 Forbidden', 'port 443 only'],
  ['http', 'HTTP/1.1 502 Bad \u001b[31mGateway\r\n\r\n', 'it says 502 Bad', 'port 443 only'],
  ['http', 'HTTP/1.1 407 Who?\r\n\r\n', 'it says 407 Who?', 'It wants a user name and a password'],
  ['http', 'SSH-2.0-x\r\n', 'it does not speak HTTP', 'for SOCKS5 or for HTTP'],
  ['socks5h', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'it does not speak SOCKS5', 'for SOCKS5 or for HTTP'],
  ['socks5h', '\u0005\u00ff', 'it wants a user name and a password', 'USER:PASSWORD@HOST'],
  ['socks5h', '\u0005\u0007', 'it does not speak SOCKS5', 'for SOCKS5 or for HTTP'],
])('a proxy (%s) that answers %j is named, with its answer', async (scheme, answer, why, next) => {
  const { server, result } = await open(scheme, script(answer));
  const { message, hint } = await failureOf(result);
  expect(message).toContain(`the proxy ${scheme}://127.0.0.1:${server.port} does not lead there: ${why}`);
  expect(message).not.toContain('\u001b');
  expect(hint).toContain(next);
  await (await server.next()).closed();
});

test.each([
  [1, 'it says that the connection has failed'],
  [2, 'it says that its rules do not allow this'],
  [4, 'it says that the host cannot be reached'],
  [5, 'it says that the connection was refused'],
  [8, 'it does not take such an address'],
  [77, 'it refuses, and does not say why'],
])('the reply %i of a SOCKS proxy is told in words', async (reply, why) => {
  const refused = `\u0005${String.fromCharCode(reply)}\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0000`;
  const { result } = await open('socks5h', script(noAuth, refused));
  expect((await failureOf(result)).message).toContain(why);
});

test('a user name and a password that a SOCKS proxy refuses are not shown', async () => {
  const { result } = await open('socks5h', script('\u0005\u0002', '\u0001\u0001'), { user: 'ada:velvet@' });
  const { message, hint } = await failureOf(result);
  expect(message).toContain('it does not take this user name and password');
  expect(`${message} ${hint}`).not.toMatch(/velvet|ada/);
});

test.each(['http', 'socks5h', 'https'])('a proxy (%s) that says nothing is left in time', async (scheme) => {
  const { server, result } = await open(scheme, () => undefined, { answerMs: 300 });
  expect((await failureOf(result)).message).toContain('it says nothing for 0.3 s');
  await (await server.next()).closed();
});

test.each(['http', 'socks5h', 'https'])('a proxy (%s) that hangs up is named', async (scheme) => {
  const { result } = await open(scheme, (socket) => socket.once('data', () => socket.end()));
  expect((await failureOf(result)).message).toMatch(/it (closed|reset) the connection/);
});

test('a proxy whose answer has no end is left', async () => {
  const { server, result } = await open('http', says(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(1_000_000)}`));
  expect((await failureOf(result)).message).toContain('it does not speak HTTP');
  await (await server.next()).closed();
});

test('an abort ends the wait for a proxy, and its connection', async () => {
  const over = new AbortController();
  const { server, result } = await open('socks5h', script(noAuth), { signal: over.signal });
  const connection = await server.next();
  await connection.length(3);
  over.abort(new Error('enough'));
  await expect(result).rejects.toThrow('enough');
  await connection.closed();
});

test('a proxy that cannot be reached is named, with its address', async () => {
  const server = await startRawServer();
  server.close();
  const proxy = parseProxy(`http://ada:velvet@127.0.0.1:${server.port}`, '--proxy');
  await expect(dialServer({ server: to, proxy, signal: never })).rejects.toMatchObject({
    code: 'ERR_PROXY',
    message: `the proxy http://127.0.0.1:${server.port} cannot be reached (127.0.0.1: it refused the connection)`,
  });
});
