/** Programs that answer in place of a rendezvous. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Rendezvous } from '../../../../source/connect/places/rendezvous/rendezvous.ts';

/** What a person is told of a server that answers the first line in this way. */
async function told(answer: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    // Web servers answer what they are asked. A server of another kind speaks first, and this does no harm then.
    socket.once('data', () => answer(socket));
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  const rendezvous = await Rendezvous.dial({
    server: { host: '127.0.0.1', port },
    signal,
    onBound: () => undefined,
  });
  onTestFinished(() => rendezvous.destroy());
  rendezvous.send({ t: 'ping' });
  const error: unknown = await rendezvous.receive(signal).catch((thrown: unknown) => thrown);
  const { code, message, hint } = error as { code: string; message: string; hint: string };
  return { code, message: message.replace(String(port), 'PORT'), hint };
}

const at = 'answers at 127.0.0.1:PORT, and no rendezvous';

describe('a stranger on the port of a rendezvous is named:', () => {
  test.each<[string, string, string, RegExp]>([
    [
      'a portal that leads elsewhere',
      'HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://login.hotel.example/?a=b\r\n\r\n',
      `a web page that leads to http://login.hotel.example/?a=b ${at}`,
      /log in first/,
    ],
    [
      'a portal that leads to an address with control characters',
      'HTTP/1.0 307 x\nlocation: http://\u001B[2Jevil/\n\n',
      `a web page that leads to http://␛[2Jevil/ ${at}`,
      /log in first/,
    ],
    [
      'a portal as RFC 6585 has it',
      'HTTP/1.1 511 Network Authentication Required\r\n\r\n',
      `a web page ${at}`,
      /log in first/,
    ],
    ['a page', 'HTTP/1.1 200 OK\r\n\r\n<html>', `a web page ${at}`, /log in first/],
    ['a page without a head', '\n<!DOCTYPE html>\n<p>hello', `a web page ${at}`, /log in first/],
    [
      'a web server',
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      `a web server (HTTP 400) ${at}`,
      /Check the host and the port/,
    ],
    [
      'a redirect that leads nowhere',
      'HTTP/1.1 302 Found\r\n\r\n',
      `a web server (HTTP 302) ${at}`,
      /Check the host and the port/,
    ],
    ['SSH', 'SSH-2.0-OpenSSH_9.2p1\r\n', `an SSH server ${at}`, /Check the host and the port/],
    ['mail', '220 mx.example ESMTP\r\n', `a mail or FTP server ${at}`, /Check the host and the port/],
    ['IMAP', '* OK ready\r\n', `a mail server (IMAP) ${at}`, /Check the host and the port/],
    ['POP3', '+OK ready\r\n', `a mail server (POP3) ${at}`, /Check the host and the port/],
  ])('%s', async (_, answer, message, hint) => {
    expect(await told((socket) => socket.write(answer))).toEqual({
      code: 'ERR_RENDEZVOUS_PROTOCOL',
      message,
      hint: expect.stringMatching(hint),
    });
  });

  test('TLS, by its alert, which has no line end', async () => {
    const alert = Buffer.of(0x15, 3, 1, 0, 2, 2, 70);
    expect((await told((socket) => socket.end(alert))).message).toBe(`a server that speaks TLS ${at}`);
  });

  test('a portal whose head comes in pieces, or ends too early', async () => {
    const head = 'HTTP/1.1 302 Found\r\nServer: x\r\nLocation: http://portal/\r\n';
    async function inPieces(socket: Socket) {
      for (const byte of `${head}\r\n`) {
        socket.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const expected = `a web page that leads to http://portal/ ${at}`;
    expect((await told((socket) => void inPieces(socket))).message).toBe(expected);
    expect((await told((socket) => socket.end(head))).message).toBe(expected);
  });

  test('a portal with an endless head, by what has come', async () => {
    const { message } = await told((socket) => {
      socket.write('HTTP/1.1 302 Found\r\nLocation: http://portal/');
      socket.write(`${'a'.repeat(5000)}\r\n`);
    });
    expect(message).toMatch(/^a web page that leads to http:\/\/portal\/a{186} answers/);
  });
});

test('what is of nothing known is shown as it was before, and a rendezvous that breaks later, too', async () => {
  expect(await told((socket) => socket.write('hello\n'))).toMatchObject({
    message: expect.stringMatching(/does not speak as a Punchline rendezvous does/),
  });
  expect(await told((socket) => socket.write('{"t":"pong"}\nHTTP/1.1 302 Found\r\n\r\n'))).toMatchObject({
    message: expect.stringMatching(/does not speak as a Punchline rendezvous does/),
  });
});
