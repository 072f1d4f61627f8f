import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { expectEventShapes } from '../../helpers/chats/event-shapes.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { heardBy, startPunchline, type Punchline } from '../../helpers/programs/punchline.ts';
import { base64url, joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { WireClient } from '../../helpers/servers/wire-client.ts';
import { createShare } from '../../../source/connect/keys/cpace.ts';
import { channelId } from '../../../source/connect/keys/keys.ts';
import { seen } from '../../helpers/servers/seen.ts';

function startChat(
  server: { readonly port: number; readonly probePort: number },
  ...args: string[]
): Punchline {
  return startPunchline([
    'chat',
    '--json',
    '-s',
    `127.0.0.1:${server.port}`,
    '--probe-port',
    String(server.probePort),
    ...args,
  ]);
}

function waiting(chat: Punchline, times = 1) {
  return chat.waitFor(
    'rendezvous',
    ({ state }) => state === 'waiting' && chat.events.filter(isWaiting).length === times,
  );
}
function isWaiting(event: Punchline['events'][number]) {
  return event.event === 'rendezvous' && event.state === 'waiting';
}

/** A share of any code: without the words, nobody can tell of which one. */
function anyShare(): string {
  const random = Buffer.from(base64url(64), 'base64url');
  const { share } = createShare({ password: 'velvet-zebra', channelId, sessionId: '1', random });
  return Buffer.from(share).toString('base64url');
}

async function expectFailure(chat: Punchline, exit: number, code: string): Promise<string> {
  const { code: actual, stderr } = await chat.ended();
  expect({ exit: actual, stderr }).toMatchObject({ exit });
  expectEventShapes(chat.events);
  const error = chat.events.find((event) => event.event === 'error');
  expect(error).toMatchObject({ code });
  const told = `punchline: ${error?.message}\n${error?.hint}`;
  expect(stderr.slice(0, told.length)).toBe(told);
  expect(stderr.slice(told.length)).toMatch(/^(?: More: punchline help (?:punching|troubleshooting))?\n$/);
  expect(stderr).not.toContain('    at ');
  return stderr;
}

describe('no pairing', () => {
  test('a number under which nobody waits ends with exit 4', async () => {
    const server = await TestServer.start();
    const text = await expectFailure(startChat(server, '7-velvet-orbit'), 4, 'ERR_NO_SUCH_ROOM');
    expect(text).toMatch(/7/);
    expect(text).toContain('Check the number');
  });

  test('a third peer in a full room ends with exit 4', async () => {
    const server = await TestServer.start();
    const { b } = await server.pair();
    const text = await expectFailure(startChat(server, `${b.number}-velvet-orbit`), 4, 'ERR_ROOM_TAKEN');
    expect(text).toContain('Two are in that room already');
  });
});

test('a wrong word on one side ends both with exit 5, and says why', async () => {
  const server = await TestServer.start();
  const one = startChat(server, '--code', '1234-velvet-orbit');
  await waiting(one);
  const two = startChat(server, '--code', '1234-velvet-zebra');
  for (const chat of [one, two]) {
    const text = await expectFailure(chat, 5, 'ERR_WRONG_CODE');
    expect(text).toContain('the peer does not hold the same code');
    expect(text).not.toMatch(/velvet|orbit|zebra/);
    expect(chat.events.some(({ event }) => event === 'connected')).toBe(false);
  }
});

/** A program that waits, and a stranger that has guessed the number of its room. */
async function matchedWithStranger() {
  const server = await openRendezvous();
  const chat = startChat(server);
  const { code } = await chat.waitFor('invite');
  await waiting(chat);
  const stranger = await WireClient.connect(server.port);
  onTestFinished(() => void stranger.socket.destroy());
  stranger.send(joinMessage({ number: Number.parseInt(code, 10), share: anyShare() }));
  await stranger.expect('matched');
  return { server, chat, code, stranger };
}

describe('a peer that proves nothing', () => {
  test('and leaves does not disturb the side that waits', async () => {
    const { server, chat, code, stranger } = await matchedWithStranger();
    stranger.socket.destroy();
    await waiting(chat, 2);

    const friend = startChat(server, code);
    friend.write('hello\n');
    friend.endInput();
    expect((await friend.ended()).code).toBe(0);
    expect((await chat.ended()).code).toBe(0);
    expect(heardBy(chat)).toEqual(['hello']);
    expectEventShapes(chat.events);
  });

  test('and stays silent is left after 5 s, and the room waits again', async () => {
    const { chat } = await matchedWithStranger();
    await waiting(chat, 2);
    chat.kill('SIGTERM');
    expect((await chat.ended()).code).toBe(143);
  });

  test('and connects silently ends the punch with exit 6', async () => {
    const server = await TestServer.start();
    const { client, number } = await server.opener({ share: anyShare() });
    const chat = startChat(server, `${number}-velvet-orbit`, '--attempts', '1', '--no-lan');
    const { peer } = await client.expect('matched');
    await chat.waitFor('attempt');
    const { address, port } = seen(peer.mapped);
    // Dials are refused until the punch listens, which it does after its own dial.
    for (let connected = false; !connected;) {
      const socket = connect({ host: address, port }).on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      connected = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
    }
    expect(await expectFailure(chat, 6, 'ERR_PUNCH_FAILED')).toContain(`in 1 attempt`);
  });
});
