import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as dial, type Socket } from 'node:net';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseCode } from '../../../source/protocol/code.ts';
import type { ServerMessage } from '../../../source/protocol/rendezvous-messages.ts';
import type { Role } from '../../../source/events.ts';
import { eventually } from '../../helpers/eventually.ts';
import { impostor } from '../../helpers/strangers/impostor.ts';
import { alone, matched, Middle, you } from '../../helpers/strangers/middle.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { startPunchline, type Punchline } from '../../helpers/programs/punchline.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { RecordedChat } from '../../helpers/chats/recorded-chat.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { tapped } from '../../helpers/strangers/tapped.ts';

const code = parseCode('1234-velvet-orbit');
const names = { a: 'Ada Lovelace', b: 'Grace Hopper' };
const texts = { a: 'the key lies under the third stone', b: 'bring a lamp and no dog' };
const secrets = [...Object.values(names), ...Object.values(texts), 'velvet', 'orbit'];
const credentials = {
  cert: readFileSync('test/helpers/servers/certificate.pem'),
  key: readFileSync('test/helpers/servers/certificate-key.pem'),
};

/** The beginning of a handshake message of 16 KiB, which comes byte by byte. */
const endlessHandshake = Buffer.concat([Buffer.from('160301400001003ffc0303', 'hex'), Buffer.alloc(16_000)]);

/** What strangers do that find the port on which a punch listens. */
const strangers: [string, (socket: Socket, heard: Buffer[]) => void][] = [
  ['says nothing', () => undefined],
  ['speaks HTTP', (socket) => void socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['sends zeroes', (socket) => void socket.write(Buffer.alloc(100_000))],
  ['resets the connection', (socket) => void socket.resetAndDestroy()],
  ['closes at once', (socket) => void socket.end()],
  [
    'sends a handshake byte by byte',
    (socket) => {
      let at = 0;
      const timer = setInterval(() => socket.write(endlessHandshake.subarray(at, (at += 1))), 5);
      socket.on('close', () => clearInterval(timer));
    },
  ],
  [
    'is a TLS client with a certificate',
    (socket, heard) => {
      const client = tls.connect({ socket, rejectUnauthorized: false, ...credentials });
      client.on('error', () => undefined).on('data', (chunk: Buffer) => heard.push(chunk));
    },
  ],
  [
    'is a TLS server with a certificate',
    (socket, heard) => {
      const server = new tls.TLSSocket(socket, { isServer: true, ...credentials });
      server.on('error', () => undefined).on('data', (chunk: Buffer) => heard.push(chunk));
    },
  ],
];

/** Connects to a port on which a punch listens only between its dials. */
function intrude(port: number): Promise<Socket> {
  return eventually(async () => {
    const socket = dial(port, '127.0.0.1');
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  });
}

/** A chat that punches already, while its peer has not heard of the match. */
async function punchingAlone(role: Role) {
  expectNothingLeft();
  const own = role === 'b' ? 0 : 1;
  let holds = true;
  const held: (() => void)[] = [];
  const middle = await Middle.start(await TestServer.start(), {
    toVictim: (message, victim) => {
      // Everything after its match is held back, too.
      const isForPeer = held.length > 0 || (message.t === 'matched' && message.role !== role);
      if (!holds || !isForPeer || victim.n === own) {
        return message;
      }
      held.push(() => victim.tell(message));
      return undefined;
    },
  });
  function start(who: Role) {
    const chat = new RecordedChat({
      server: { host: '127.0.0.1', port: middle.port },
      probePort: middle.probePort,
      code,
      name: names[who],
      lan: false,
      // What is relayed are no messages, and the middle passes on only those.
      relay: 'never',
      waits: { sealMs: 15_000 },
    });
    chat.chat.send(texts[who]);
    return chat;
  }
  const b = start('b');
  await b.until(() => b.all('rendezvous').find(({ state }) => state === 'waiting'));
  const chats = { b, a: start('a') };
  await chats[role].event('attempt');
  function tellPeer() {
    holds = false;
    for (const tell of held) {
      tell();
    }
  }
  return { ...chats, port: middle.victims[own]!.endpoint.port, tellPeer };
}

async function expectToMeet({ a, b, tellPeer }: Awaited<ReturnType<typeof punchingAlone>>): Promise<void> {
  tellPeer();
  await Promise.all([a.until(() => a.heard[0]), b.until(() => b.heard[0])]);
  expect([a.heard, b.heard]).toEqual([[texts.b], [texts.a]]);
  expect([...a.all('error'), ...b.all('error')]).toEqual([]);
}

describe.each(['a', 'b'] as const)('while %s punches, a stranger on its port', (role) => {
  test.each(strangers)('that %s hears nothing, and the right peer is let in', async (_, intrusion) => {
    const punching = await punchingAlone(role);
    const socket = await intrude(punching.port);
    const heard: Buffer[] = [];
    socket.on('data', (chunk) => heard.push(chunk));
    intrusion(socket, heard);
    await expectToMeet(punching);
    for (const secret of secrets) {
      expect(Buffer.concat(heard).toString('latin1')).not.toContain(secret);
    }
  });

  test('is one of twenty, and the right peer is let in all the same', async () => {
    const punching = await punchingAlone(role);
    const twenty = await Promise.all(Array.from({ length: 20 }, () => intrude(punching.port)));
    await expectToMeet(punching);
    for (const socket of twenty) {
      socket.resume();
    }
    await eventually(() => expect(twenty.filter(({ closed }) => !closed)).toEqual([]));
  });
});

/** A program that has something to say. Its rendezvous plays the peer, and its process trusts every certificate. */
async function trustingProgram(said: readonly ServerMessage[]): Promise<Punchline> {
  const middle = await Middle.start(
    await TestServer.start(),
    alone((message) => (message.t === 'join' ? said : [])),
  );
  return startPunchline(
    [
      'chat',
      '--json',
      '--no-relay',
      '--attempts',
      '1',
      '--no-lan',
      '--name',
      names.a,
      '-s',
      `127.0.0.1:${middle.port}`,
    ],
    {
      input: `${texts.a}\n`,
      env: {
        PUNCHLINE_CODE: '1234-velvet-orbit',
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        NODE_EXTRA_CA_CERTS: 'test/helpers/servers/certificate.pem',
      },
    },
  );
}

/** An attacker that speaks TLS. It records what it is sent, as bytes and as what it can read of them. */
async function attacker(wrap: (socket: Socket) => tls.TLSSocket) {
  const sent: Buffer[] = [];
  const read: string[] = [];
  const { port } = await startRawServer((raw) => {
    void tapped(raw, (bytes) => sent.push(bytes)).then((end) => {
      const socket = wrap(end);
      socket.on('error', () => undefined).on('data', (chunk: Buffer) => read.push(String(chunk)));
      socket.write('Mallory was here');
    });
  });
  return { port, sent: () => Buffer.concat(sent), read };
}

async function expectNoWord(
  program: Punchline,
  { sent, read }: Awaited<ReturnType<typeof attacker>>,
  exitCode: number,
) {
  const { code: exit, stdout } = await program.ended();
  expect({ exit, stdout }).toMatchObject({ exit: exitCode, stdout: expect.not.stringContaining('Mallory') });
  expect(read).toEqual([]);
  for (const secret of secrets) {
    expect(sent().toString('latin1')).not.toContain(secret);
  }
}

describe('a certificate instead of the key, where Node is told to trust it,', () => {
  test('opens nothing for an attacker that the program dials: exit 6', async () => {
    const server = await attacker((socket) => new tls.TLSSocket(socket, { isServer: true, ...credentials }));
    const match = await matched('a', impostor(1234, 'velvet-zebra'), server.port);
    await expectNoWord(await trustingProgram([match]), server, 6);
    // A handshake came (RFC 8446 section 5.1), so there was something to refuse.
    expect(server.sent().subarray(0, 3)).toEqual(Buffer.from('160301', 'hex'));
  });

  test('opens nothing for an attacker that dials the program, spends no guess, and the room is armed again', async () => {
    const client = await attacker((socket) =>
      tls.connect({ socket, rejectUnauthorized: false, ...credentials }),
    );
    const match = await matched('b', impostor(1234, 'velvet-zebra'), client.port);
    const program = await trustingProgram([{ t: 'waiting', you }, match]);
    function comings() {
      return program.events.filter((event) => 'state' in event && event.state === 'connecting');
    }
    await program.waitFor('rendezvous', () => comings().length === 2);
    program.kill('SIGINT');
    await expectNoWord(program, client, 130);
    // An alert for each dial (section 6: type, version, length 2), and nothing else.
    const alerts = client.sent().toString('hex').match(/.{14}/g) ?? [];
    expect(alerts.length).toBeGreaterThan(0);
    expect(alerts.join('')).toBe(client.sent().toString('hex'));
    for (const alert of alerts) {
      expect(alert).toMatch(/^1503030002/);
    }
  });
});
