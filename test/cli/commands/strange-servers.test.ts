import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { expectEventShapes } from '../../helpers/chats/event-shapes.ts';
import { startPunchline } from '../../helpers/programs/punchline.ts';
import { answers, says, startRawServer } from '../../helpers/strangers/raw-server.ts';

const you = { address: '127.0.0.1', port: 4711 };
const opened = { t: 'opened', number: 7, you, token: 'A'.repeat(22), probe: 1 };
function jsonLine(value: unknown) {
  return `${JSON.stringify(value)}\n`;
}

/** A server that says something at once, and then ends. */
function saysAndEnds(bytes: string) {
  return (socket: Socket) => void socket.end(bytes);
}

async function failure(args: readonly string[], greet: (socket: Socket) => void) {
  const { port } = await startRawServer(greet);
  const server = `127.0.0.1:${port}`;
  const chat = startPunchline(['chat', '--json', '-s', server, '--probe-port', '1', ...args]);
  const { code, stderr } = await chat.ended();
  expectEventShapes(chat.events);
  expect({ code, stderr }).toMatchObject({ code: 3 });
  // Two lines that are safe for a terminal: what happened at which server, and what to do. No stack.
  expect(stderr).toMatch(/^punchline: [ -~…\u2400-\u243F\uFFFD]+\n[ -~]+\n$/);
  expect(stderr).toContain(server);
  expect(stderr.length).toBeLessThan(600);
  const error = chat.events.find((event) => event.event === 'error');
  expect(stderr).toBe(`punchline: ${error?.message}\n${error?.hint}\n`);
  return { stderr, code: error?.code };
}

const megabyte = Buffer.alloc(1 << 20, 'x');

describe('a modern chat', () => {
  test.each([
    [
      'an HTTP server',
      answers('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
      'a web server (HTTP 400)',
    ],
    ['an SSH banner', says('SSH-2.0-OpenSSH_9.6\r\n'), 'an SSH server'],
    [
      'a captive portal',
      answers('HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n'),
      'a web page that leads to http://login.example/',
    ],
    ['a megabyte without a newline', says(megabyte), 'a line is longer than 8192 bytes'],
    ['invalid UTF-8', says(Buffer.from([0xff, 0xfe, 0x0a])), 'a line is not UTF-8'],
    ['garbage', says('\u0000\u001B]0;title\u0007\n'), 'does not speak as a Punchline rendezvous does'],
    ['JSON that is no message', says('[]\n'), 'does not speak as a Punchline rendezvous does'],
    ['an unknown message', says(jsonLine({ t: 'surprise' })), 'surprise'],
    ['a message without its fields', says(jsonLine({ t: 'opened', number: 'seven' })), 'opened'],
    ['an answer out of turn', answers(jsonLine({ t: 'waiting', you })), 'waiting'],
  ])('ends with exit 3 at %s', async (_, greet, text) => {
    const { code, stderr } = await failure([], greet);
    expect(code).toBe('ERR_RENDEZVOUS_PROTOCOL');
    expect(stderr).toContain(text);
  });

  test.each([
    ['at once', saysAndEnds('')],
    ['in the middle of a line', saysAndEnds('{"t":"open')],
    ['with a reset', (socket: Socket) => void socket.once('data', () => socket.resetAndDestroy())],
  ])('ends with exit 3 at a server that closes %s', async (_, greet) => {
    const { code, stderr } = await failure([], greet);
    expect(code).toBe('ERR_RENDEZVOUS_CLOSED');
    expect(stderr).toMatch(/it (closed|reset) the connection/);
  });

  test.each([
    ['while it waits', false],
    ['as soon as it has opened a room', true],
  ])(
    'comes back again and again to a server that closes %s, and then ends with exit 3',
    async (_, closesEarly) => {
      let met = 0;
      const { code, stderr } = await failure(['--give-up', '0.01'], (socket) => {
        met += 1;
        socket.on('data', (line) => {
          if (!String(line).includes('"t":"open"')) {
            socket.end(closesEarly ? '' : jsonLine({ t: 'waiting', you }));
          } else if (closesEarly) {
            socket.end(jsonLine(opened));
          } else {
            socket.write(jsonLine(opened));
          }
        });
      });
      expect(code).toBe('ERR_RENDEZVOUS_CLOSED');
      expect(stderr).toMatch(/it (closed|reset) the connection/);
      expect(met).toBeGreaterThan(1);
    },
  );

  test('shows the refusal of a server in its words, made safe', async () => {
    const refusal = { t: 'error', code: 'ERR_LIMIT', message: 'too many\u001B[2J rooms\nfor you' };
    const { code, stderr } = await failure([], answers(jsonLine(refusal)));
    expect(code).toBe('ERR_RENDEZVOUS_REFUSED');
    expect(stderr).toMatch(/says: too many.* rooms.*for you/);
  });

  test.each([
    [{ t: 'retry', afterMs: 2500 }, 'ERR_RENDEZVOUS_CLOSED', 'Try again in 3 s'],
    [{ t: 'redirect', server: 'other.example' }, 'ERR_RENDEZVOUS_REFUSED', 'other.example'],
  ])('ends if the server sends it away or elsewhere: %j', async (message, expected, text) => {
    const { code, stderr } = await failure([], answers(jsonLine(message)));
    expect(code).toBe(expected);
    expect(stderr).toContain(text);
  });
});

describe('a classic chat', () => {
  test.each([
    ['an SSH banner', says('SSH-2.0-OpenSSH_9.6\r\n'), 'SSH-2.0-OpenSSH_9.6'],
    ['a megabyte without a newline', says(megabyte), 'a message is longer than 1024 bytes'],
    [
      'garbage',
      says(Buffer.from([0xff, 0xfe, 0x1b, 0x0a])),
      'but a classic server sends first or an address',
    ],
    ['a peer without a port', says('127.0.0.1\n\0'), '127.0.0.1'],
    ['first, said twice', says('first\n\0first\n\0'), 'first twice'],
    ['a second’s answer to a first', says('first\n\u0000127.0.0.1 5 6\n\0'), 'mixed up first and second'],
  ])('ends with exit 3 at %s', async (_, greet, text) => {
    const { code, stderr } = await failure(['--classic'], greet);
    expect(code).toBe('ERR_RENDEZVOUS_PROTOCOL');
    expect(stderr).toContain(text);
  });

  test.each([
    ['at once', saysAndEnds('')],
    ['after it has said first', saysAndEnds('first\n\0')],
    ['in the middle of an address', saysAndEnds('first\n\u0000127.0.0.1 5')],
  ])('ends with exit 3 at a server that closes %s', async (_, greet) => {
    const { code, stderr } = await failure(['--classic'], greet);
    expect(code).toBe('ERR_RENDEZVOUS_CLOSED');
    expect(stderr).toContain('before it named a peer');
  });
});

test('both kinds of chat end with exit 3 at a server that says nothing', async () => {
  const [modern, classic] = await Promise.all([
    failure([], () => undefined),
    failure(['--classic'], () => undefined),
  ]);
  expect(modern.code).toBe('ERR_RENDEZVOUS_PROTOCOL');
  // A server holds a guest for 10 s if it comes before the host of the room.
  expect(modern.stderr).toContain('said nothing for 15 s');
  expect(classic.code).toBe('ERR_RENDEZVOUS_PROTOCOL');
  expect(classic.stderr).toContain('said nothing for 10 s');
});
