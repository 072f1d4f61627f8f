/** What answers at https in place of a rendezvous, as a person is told. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest';
import { WebSocketServer } from 'ws';
import { RecordedChat } from '../../../../helpers/chats/recorded-chat.ts';
import { expectNothingLeft } from '../../../../helpers/nothing-left.ts';
import {
  makeCertificate,
  makeExpiredCertificate,
  trustCertificate,
  type CertificateFiles,
} from '../../../../helpers/servers/certificates.ts';
import { freePort } from '../../../../helpers/servers/free-port.ts';
import { startHttpsFront } from '../../../../helpers/servers/https-front.ts';
import { TestServer } from '../../../../helpers/servers/rendezvous-server.ts';
import { sharedInFile } from '../../../../helpers/shared.ts';
import { answers, says, startRawServer } from '../../../../helpers/strangers/raw-server.ts';

const theCertificate = sharedInFile(async (owner) => {
  const files = makeCertificate(owner);
  trustCertificate(files, owner);
  return files;
});

function contents({ key, certificate }: CertificateFiles) {
  return { key: readFileSync(key), cert: readFileSync(certificate) };
}

/** Listens on loopback until the test is over. */
async function listening(server: Server | ReturnType<typeof createTlsServer>): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return (server.address() as AddressInfo).port;
}

/** A server in TLS that gives this answer to the first request. */
async function answering(context: TestContext, answer: string): Promise<number> {
  const server = createTlsServer(contents(await theCertificate(context)), (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(answer));
  });
  return listening(server);
}

/** How a chat ends that is sent there. */
async function told(
  port: number,
  { host = 'localhost', answerMs }: { host?: string; answerMs?: number } = {},
) {
  const chat = new RecordedChat({
    server: { https: { host, port } },
    family: 4,
    ...(answerMs !== undefined && { waits: { answerMs } }),
  });
  const ended = await chat.end();
  const [error] = chat.all('error');
  return { ...ended, message: error?.message.replaceAll(String(port), 'PORT'), hint: error?.hint };
}

const at = 'https://localhost:PORT';
const protocol = { exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' };
const unreachable = { exit: 3, code: 'ERR_RENDEZVOUS_UNREACHABLE' };

describe('a certificate is refused, and the reason is named:', () => {
  test.each<[string, (context: TestContext) => CertificateFiles, string, RegExp]>([
    [
      'it signs itself',
      (context) => makeCertificate(context),
      'it is signed by itself',
      /NODE_EXTRA_CA_CERTS=FILE/,
    ],
    [
      'somebody unknown has signed it',
      (context) => makeCertificate(context, { signer: makeCertificate(context) }),
      'nobody that this machine trusts has signed it',
      /NODE_EXTRA_CA_CERTS=FILE/,
    ],
  ])('%s', async (_, make, why, hint) => {
    expectNothingLeft();
    const port = await listening(createServer(contents(make({ onTestFinished } as TestContext))));
    expect(await told(port)).toMatchObject({
      ...unreachable,
      message: `the certificate of ${at} is not to be trusted: ${why}`,
      hint: expect.stringMatching(hint),
    });
  });

  test('it has expired', async (context) => {
    const signer = await theCertificate(context);
    const files = makeExpiredCertificate(context, signer);
    const port = await listening(createServer(contents(files)));
    expect(await told(port)).toMatchObject({
      ...unreachable,
      message: `the certificate of ${at} is not to be trusted: it has expired`,
      hint: expect.stringContaining('the clock of this machine'),
    });
  });

  test('it is for another name', async (context) => {
    const signer = await theCertificate(context);
    const files = makeCertificate(context, { signer, names: 'DNS:portal.example,DNS:www.portal.example' });
    const port = await listening(createServer(contents(files)));
    expect(await told(port)).toMatchObject({
      ...unreachable,
      message: `the certificate of ${at} is not to be trusted: it is for another name (DNS:portal.example, DNS:www.portal.example)`,
      hint: expect.stringContaining('log in first'),
    });
  });

  test('it is for a name, and an address was dialled', async (context) => {
    const signer = await theCertificate(context);
    const port = await listening(
      createServer(contents(makeCertificate(context, { signer, names: 'DNS:localhost' }))),
    );
    expect(await told(port, { host: '127.0.0.1' })).toMatchObject({
      ...unreachable,
      message: `the certificate of https://127.0.0.1:PORT is not to be trusted: it is for another name (DNS:localhost)`,
    });
  });
});

describe('a server without TLS is named as one:', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['a web server', answers('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['an SSH server', says('SSH-2.0-OpenSSH_9.6\r\n')],
  ])('%s', async (_, greet) => {
    expectNothingLeft();
    const { port } = await startRawServer(greet);
    expect(await told(port)).toMatchObject({
      ...protocol,
      message: `${at} does not speak TLS`,
      hint: expect.stringContaining('leave out https://'),
    });
  });

  test('a rendezvous', async () => {
    const { port } = await TestServer.start();
    expect(await told(port)).toMatchObject({ ...protocol, message: `${at} does not speak TLS` });
  });
});

test('a server that refuses the handshake of TLS is named', async () => {
  expectNothingLeft();
  // A fatal alert, handshake_failure (RFC 8446, section 6).
  const { port } = await startRawServer(
    (socket) => void socket.once('data', () => socket.end(Buffer.from('15030300020228', 'hex'))),
  );
  expect(await told(port)).toMatchObject({
    ...protocol,
    message: expect.stringMatching(
      /^https:\/\/localhost:PORT does not answer as a WebSocket server: .*alert/,
    ),
  });
});

describe('an answer of HTTP that opens no WebSocket is told:', () => {
  test.for<[string, string, string, RegExp]>([
    [
      'a portal that leads elsewhere',
      'HTTP/1.1 302 Found\r\nLocation: https://login.hotel.example/?a=b\r\nContent-Length: 0\r\n\r\n',
      `a web page that leads to https://login.hotel.example/?a=b answers at ${at}, and no rendezvous`,
      /log in first.*another site/,
    ],
    [
      'an address with control characters',
      'HTTP/1.1 301 x\r\nLocation: https://\u009B2Jevil/\r\n\r\n',
      `a web page that leads to https://Â⟨U+009B⟩2Jevil/ answers at ${at}, and no rendezvous`,
      /log in first/,
    ],
    [
      'a page',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      `a web page answers at ${at}, and no rendezvous`,
      /log in first/,
    ],
    [
      'a web server without the path',
      'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
      `a web server (HTTP 404) answers at ${at}, and no rendezvous`,
      /\/punchline\/1/,
    ],
    [
      'a web server that does not reach its rendezvous',
      'HTTP/1.1 502 Bad Gateway\r\n\r\n',
      `a web server (HTTP 502) answers at ${at}, and no rendezvous`,
      /does not reach its rendezvous/,
    ],
    [
      'the wrong answer to the key',
      'HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
      `${at} does not answer as a WebSocket server: Invalid Sec-WebSocket-Accept header`,
      /Check the address/,
    ],
  ])('%s', async ([, answer, message, hint], context) => {
    const port = await answering(context, answer);
    expectNothingLeft();
    expect(await told(port)).toMatchObject({ ...protocol, message, hint: expect.stringMatching(hint) });
  });

  test('endless headers', async (context) => {
    const port = await answering(context, `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(50_000)}`);
    expect(await told(port)).toMatchObject({ exit: 3, code: expect.stringMatching(/^ERR_RENDEZVOUS_/) });
  });
});

describe('silence is waited for a bounded time:', () => {
  const silent = `${at} accepted the connection and then said nothing for 0.1 s`;

  test('before TLS', async () => {
    expectNothingLeft();
    const { port } = await startRawServer();
    expect(await told(port, { answerMs: 100 })).toMatchObject({ ...protocol, message: silent });
  });

  test('in TLS', async (context) => {
    const port = await answering(context, '');
    expect(await told(port, { answerMs: 100 })).toMatchObject({ ...protocol, message: silent });
  });

  test('in TLS, of a server that says a little all the time', async (context) => {
    const server = createTlsServer(contents(await theCertificate(context)), (socket) => {
      socket.on('error', () => undefined);
      const timer = setInterval(
        () => socket.write(socket.bytesWritten === 0 ? 'HTTP/1.1 200 OK\r\n' : 'X: y\r\n'),
        20,
      );
      socket.once('close', () => clearInterval(timer));
    });
    expect(await told(await listening(server), { answerMs: 100 })).toMatchObject({
      ...protocol,
      message: silent,
    });
  });

  test('in a WebSocket', async (context) => {
    const server = createServer(contents(await theCertificate(context)));
    const webSockets = new WebSocketServer({ server });
    onTestFinished(() => webSockets.close());
    expect(await told(await listening(server), { answerMs: 1000 })).toMatchObject({
      ...protocol,
      message: `${at} accepted the connection and then said nothing for 1 s`,
    });
  });
});

test('a server that closes the connection instead of an answer is gone', async () => {
  expectNothingLeft();
  const { port } = await startRawServer((socket) => void socket.once('data', () => socket.destroy()));
  expect(await told(port)).toMatchObject({ exit: 3, code: 'ERR_RENDEZVOUS_CLOSED' });
});

test('a port at which nobody listens is named', async () => {
  const port = await freePort();
  expect(await told(port, { host: '127.0.0.1' })).toMatchObject({
    ...unreachable,
    message: 'the rendezvous https://127.0.0.1:PORT cannot be reached (127.0.0.1: it refused the connection)',
    hint: `Check the address, and that port ${port} is open there.`,
  });
});

test('text where bytes are due ends the chat', async (context) => {
  const server = createServer(contents(await theCertificate(context)));
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', (webSocket) => webSocket.send('{"t":"ping"}\n'));
  onTestFinished(() => webSockets.close());
  expect(await told(await listening(server))).toMatchObject({
    ...protocol,
    message: `${at} does not speak as a Punchline rendezvous does: a WebSocket message of text, where bytes are due`,
  });
});

test('a chat that is left while the handshake lasts ends at once', async (context) => {
  const port = await answering(context, '');
  expectNothingLeft();
  const chat = new RecordedChat({ server: { https: { host: 'localhost', port } }, family: 4 });
  await chat.event('rendezvous');
  chat.leave();
  expect(await chat.end()).toMatchObject({ exit: 0 });
});

test('no header Origin is sent, and the path is that of the version', async (context) => {
  const files = await theCertificate(context);
  const { port } = await TestServer.start({ proxyProtocol: ['127.0.0.99/32'] });
  const front = await startHttpsFront(port, files);
  const chat = new RecordedChat({ server: { https: { host: 'localhost', port: front.port } }, family: 4 });
  await chat.event('invite');
  expect(front.requests.map(({ url, headers }) => [url, headers.origin, headers.host])).toContainEqual([
    '/punchline/1',
    undefined,
    `localhost:${front.port}`,
  ]);
  chat.leave();
  await chat.end();
});
