/** A rendezvous inside the program of one of the two is none for others. */
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ClientMessage, ServerMessage } from '../../../source/protocol/rendezvous-messages.ts';
import { serveHere, type ServeHereOptions } from '../../../source/server/hosted/serve-here.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { base64url, joinMessage } from '../../helpers/servers/rendezvous-server.ts';
import { WireClient } from '../../helpers/servers/wire-client.ts';

/** A host that waits in its room. */
async function waitingHost(limits: ServeHereOptions['limits'] = {}) {
  expectNothingLeft();
  const server = await serveHere({ port: 0, host: '127.0.0.1', limits });
  const said: ServerMessage[] = [];
  const entry = server.enter((message) => said.push(message as ServerMessage));
  function say(message: ClientMessage) {
    entry.send(message);
  }
  say({ t: 'open', v: 1, client: base64url(16) });
  const [opened] = said;
  if (opened?.t !== 'opened') {
    throw new Error('no number');
  }
  const { number } = opened;
  say(joinMessage({ number }));
  onTestFinished(() => {
    entry.leave();
    server.close();
  });
  async function stranger() {
    const client = await WireClient.connect(server.port);
    onTestFinished(() => void client.socket.destroy());
    return client;
  }
  return { server, entry, say, said, number, stranger };
}

function resume(room: string, slot: 'a' | 'b'): ClientMessage {
  return { t: 'join', v: 1, client: base64url(16), nonce: base64url(16), rttMs: 1, room, slot };
}

test('the host is told that it waits, under a number below 1000', async () => {
  const { said, number } = await waitingHost();
  expect(said.map(({ t }) => t)).toEqual(['opened', 'waiting']);
  expect(number).toBeGreaterThanOrEqual(1);
  expect(number).toBeLessThan(1000);
});

describe('a stranger', () => {
  test.each<ClientMessage>([
    { t: 'open', v: 1, client: base64url(16) },
    { t: 'observe', v: 1 },
    { t: 'wake', v: 1, afterMs: 1 },
    { t: 'dial-back', from: 'port' },
  ])('is refused what a rendezvous gives to everybody: $t', async (message) => {
    const { stranger } = await waitingHost();
    const client = await stranger();
    client.send(message);
    expect(await client.next()).toMatchObject({ t: 'error', code: 'ERR_RENDEZVOUS_REFUSED' });
    expect(await client.closed).toBe('end');
  });

  test('makes no room by joining one with another number, own or given', async () => {
    const { stranger, number } = await waitingHost();
    for (const other of [4711, (number % 999) + 1]) {
      const client = await stranger();
      client.send(joinMessage({ number: other }));
      expect(await client.next()).toMatchObject({ t: 'error', code: 'ERR_NO_SUCH_ROOM' });
    }
  });

  test('meets no other stranger in the room of a session', async () => {
    const { stranger } = await waitingHost();
    const room = base64url(16);
    const [first, second, third] = [await stranger(), await stranger(), await stranger()];
    first.send(resume(room, 'a'));
    await first.expect('waiting');
    second.send(resume(room, 'a'));
    await second.expect('waiting');
    expect(await first.next()).toMatchObject({ t: 'error' });
    third.send(resume(room, 'b'));
    expect(await third.next()).toMatchObject({ t: 'error', code: 'ERR_NO_SUCH_ROOM' });
  });

  test('that is silent is closed, and never paired as an old program', async () => {
    const { stranger } = await waitingHost({ classicSilenceMs: 1, firstLineMs: 20 });
    const [first, second] = [await stranger(), await stranger()];
    expect(await Promise.all([first.closed, second.closed])).toEqual(['end', 'end']);
    expect([first.text, second.text]).toEqual(['', '']);
  });

  test('cannot hold more than sixteen connections', async () => {
    const { stranger, number } = await waitingHost();
    for (let n = 0; n < 16; n += 1) {
      const client = await stranger();
      client.send({ t: 'ping' });
      await client.expect('pong');
    }
    const last = await stranger();
    last.send(joinMessage({ number }));
    expect(await last.next()).toMatchObject({ t: 'error', code: 'ERR_RENDEZVOUS_REFUSED' });
  });
});

test("the guest and the host pass seals, and the connection of the guest becomes the host's, with its first bytes", async () => {
  const { server, entry, say, said, number, stranger } = await waitingHost();
  const guest = await stranger();
  guest.send(joinMessage({ number }));
  const matched = await guest.expect('matched');
  expect(matched).toMatchObject({
    role: 'a',
    here: true,
    peer: { mapped: { address: '127.0.0.1', port: server.port } },
  });
  expect(said.at(-1)).toMatchObject({ t: 'matched', role: 'b', here: true });
  const taken = entry.connection(new AbortController().signal);
  say({ t: 'candidate', sealed: base64url(20) });
  await guest.expect('candidate');
  guest.send({ t: 'candidate', sealed: base64url(20) });
  guest.socket.write('{"t":"relay"}\nfirst bytes');
  await guest.expect('relaying');
  const socket = await taken;
  if (typeof socket === 'string') {
    throw new Error(socket);
  }
  onTestFinished(() => void socket.destroy());
  expect(said.at(-1)).toMatchObject({ t: 'candidate' });
  const heard = once(socket, 'data');
  socket.resume();
  expect(String((await heard)[0])).toBe('first bytes');
  // It is not closed with the server.
  server.close();
  socket.write('an answer');
  await guest.until('an answer');
});
