import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import type { ClientMessage } from '../../../source/protocol/rendezvous-messages.ts';
import { ClientLine } from '../../../source/server/client/client-line.ts';
import { LingeringClose } from '../../../source/server/sockets/lingering-close.ts';
import { defaultLimits } from '../../../source/server/limits.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { socketPair } from '../../helpers/sessions/socket-pair.ts';

const ping = '{"t":"ping"}\n';
/** The lines that each counts as: a chunk, a chunk that ends no line, and a ping. */
const [chunk, piece, short] = [2, 16, 1];
/** With its newline it counts as 129. */
const longPing = `{"t":"ping","x":"${'x'.repeat(8192 - 20)}"}\n`;

/** A line, its charges, and the messages that it reads. `restMs` answers each charge. */
async function chargedLine(restMs: (lines: number) => number = () => 0) {
  const [client, socket] = await socketPair();
  const charged: number[] = [];
  const read: ClientMessage[] = [];
  const line = new ClientLine(socket, defaultLimits, new LingeringClose(defaultLimits), {
    onMessage: (message) => read.push(message),
    onBug: (error) => {
      throw error;
    },
    onOver: () => undefined,
    note: () => undefined,
    restMs: (lines) => {
      charged.push(lines);
      return restMs(lines);
    },
    wantsSilence: true,
  });
  return { client, socket, line, charged, read };
}

describe('a client is charged', () => {
  test('for each line by its bytes, however many come at once', async () => {
    const { line, charged, read } = await chargedLine();
    line.receive(Buffer.from(ping + longPing + ping));
    expect(charged).toEqual([short, 129, short, chunk]);
    expect(read).toHaveLength(3);
  });

  test('for bytes, and not for characters', async () => {
    const { line, charged } = await chargedLine();
    line.receive(Buffer.from(`{"t":"ping","x":"${'\u{1F600}'.repeat(100)}"}\n`));
    expect(charged).toEqual([8, chunk]);
  });

  test('for each two fields, because they cost a parser more than a text does', async () => {
    const { line, charged } = await chargedLine();
    const fields = Array.from({ length: 99 }, (_, n) => `"${n}":0`);
    line.receive(Buffer.from(`${ping}{"t":"ping",${fields.join(',')}}\n`));
    expect(charged).toEqual([short, 61, chunk]);
  });

  test('for each chunk, even if it ends no line', async () => {
    const { line, charged, read } = await chargedLine();
    for (const byte of Buffer.from(ping)) {
      line.receive(Uint8Array.of(byte));
    }
    expect(charged).toEqual([...Array.from({ length: 12 }, () => piece), short, chunk]);
    expect(read).toHaveLength(1);
  });

  test('for nothing while it is not read, and its debt is checked before it is read again', async () => {
    let owed = 3;
    const { line, charged, read } = await chargedLine(() => (owed > 0 ? 1 : 0));
    line.receive(Buffer.from(ping + ping));
    expect(read).toHaveLength(1);
    await eventually(() => {
      owed -= 1;
      expect(charged).toContain(0);
      expect(read).toHaveLength(2);
    });
    expect(charged.filter((lines) => lines > 0)).toEqual([short, chunk, short]);
  });
});

test('a first line that is longer than any client needs is not read', async () => {
  const { client, line, read } = await chargedLine();
  line.receive(Buffer.from(longPing));
  const [said] = (await once(client, 'data')) as [Buffer];
  expect(String(said)).toBe(
    '{"t":"error","code":"ERR_PROTOCOL","message":"the first line is longer than any client needs"}\n',
  );
  expect(read).toEqual([]);
});

test('a client that goes on sending beyond its share is closed', async () => {
  const { client, line } = await chargedLine(() => 60_000);
  line.receive(Buffer.from(ping + 'x'.repeat(defaultLimits.maxUnreadBytes + 1)));
  const [said] = (await once(client, 'data')) as [Buffer];
  expect(String(said)).toBe(
    '{"t":"error","code":"ERR_RENDEZVOUS_REFUSED","message":"more was sent at once than is read"}\n',
  );
});

test('a client with a debt is read without a delay once its connection is handed over', async () => {
  const { line, socket } = await chargedLine(() => 60_000);
  line.receive(Buffer.from(ping.slice(0, 4)));
  expect(socket.isPaused()).toBe(true);
  // The debt of the last line does not matter any more.
  const {
    line: other,
    read,
    socket: given,
  } = await chargedLine(() => {
    given.resume();
    other.handOver({ t: 'relaying' });
    return 60_000;
  });
  other.receive(Buffer.from(ping));
  expect(read).toHaveLength(1);
  expect(given.isPaused()).toBe(false);
});

/** The number of pongs that each client has received when the server sends its ping, long after the rest. */
async function pongsOf(server: TestServer, connections: number): Promise<number[]> {
  const clients = await Promise.all(
    Array.from({ length: connections }, () => server.connect('127.0.0.1', 0, '127.0.0.66')),
  );
  for (const { socket } of clients) {
    socket.write(ping + longPing.repeat(7));
  }
  await Promise.all(clients.map((client) => client.until('{"t":"ping"}')));
  return clients.map(({ text }) => text.match(/pong/g)?.length ?? 0);
}

test('all answers to the lines of one chunk leave in one write', async () => {
  const { client, line, socket } = await chargedLine();
  const write = vi.spyOn(socket, '_write');
  const writeAll = vi.spyOn(socket as Required<typeof socket>, '_writev');
  for (let n = 0; n < 3; n += 1) {
    line.send({ t: 'pong' });
  }
  const [chunkOfAll] = (await once(client, 'data')) as [Buffer];
  expect(String(chunkOfAll)).toBe('{"t":"pong"}\n'.repeat(3));
  expect([write.mock.calls.length, writeAll.mock.calls.length]).toEqual([0, 1]);
});

describe('lines of 8 KiB', () => {
  // Each costs 129 tokens, which are not earned back here. A few tokens are left for the chunks.
  const limits = {
    lineEveryMs: 1e9,
    addressLineEveryMs: 1e9,
    lineRestMs: 1,
    addressLineRestMs: 1,
    maxUnreadBytes: 65_536,
  };

  test('use up the burst of a connection as 129 short lines do', async () => {
    const server = await TestServer.start({}, { ...limits, lineBurst: 273, pingMs: 50 });
    expect(await pongsOf(server, 1)).toEqual([4]);
  });

  test('use up the common burst of the connections of one address', async () => {
    const server = await TestServer.start({}, { ...limits, addressLineBurst: 384, pingMs: 50 });
    // A new client sends a short line, and then waits until the debt of all is paid.
    const pongs = await pongsOf(server, 5);
    const sum = pongs.reduce((all, one) => all + one, 0);
    expect(sum).toBeLessThanOrEqual(5 + 4 + 4);
    const other = await server.connect();
    other.socket.write(ping);
    await other.expect('pong');
  });
});
