import { describe, expect, test } from 'vitest';
import type { ResumeMessage } from '../../source/protocol/rendezvous-messages.ts';
import { base64url, joinMessage, TestServer } from '../helpers/servers/rendezvous-server.ts';

const room = base64url(16);

function resumeMessage(slot: 'a' | 'b', fields: Partial<ResumeMessage> = {}): ResumeMessage {
  return {
    t: 'join',
    v: 1,
    room,
    slot,
    client: base64url(16),
    nonce: base64url(16),
    rttMs: 20,
    ...fields,
  };
}

async function comeBack(server: TestServer, slot: 'a' | 'b', fields: Partial<ResumeMessage> = {}) {
  const client = await server.connect();
  const message = resumeMessage(slot, fields);
  client.send(message);
  return { client, message };
}

/** Both peers come and are matched. */
async function meet(server: TestServer) {
  const a = await comeBack(server, 'a');
  await a.client.expect('waiting');
  const b = await comeBack(server, 'b');
  await Promise.all([a.client.expect('matched'), b.client.expect('matched')]);
  return { a, b };
}

describe('a session that lost its channel', () => {
  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ] as const)('is matched in its own room, each in its slot, when %s comes first', async (first, second) => {
    const server = await TestServer.start();
    const one = await comeBack(server, first);
    await one.client.expect('waiting');
    const other = await comeBack(server, second);
    for (const [self, peer, role] of [
      [one, other, first],
      [other, one, second],
    ] as const) {
      const matched = await self.client.expect('matched');
      expect(matched).toMatchObject({ role, peer: { nonce: peer.message.nonce } });
      expect(matched.peer).not.toHaveProperty('share');
    }
  });

  test('passes candidates on and agrees on rounds as any pair does', async () => {
    const server = await TestServer.start();
    const { a, b } = await meet(server);
    a.client.send({ t: 'candidate', sealed: 'AAAA' }, { t: 'round', n: 2 });
    b.client.send({ t: 'round', n: 2 });
    expect(await b.client.next()).toEqual({ t: 'candidate', sealed: 'AAAA' });
    await Promise.all([a.client.expect('start'), b.client.expect('start')]);
  });

  test('has one connection in each slot: a newer one replaces the older', async () => {
    const server = await TestServer.start();
    const ghost = await comeBack(server, 'a');
    await ghost.client.expect('waiting');
    const a = await comeBack(server, 'a');
    expect(await ghost.client.expect('error')).toMatchObject({ code: 'ERR_RENDEZVOUS_CLOSED' });
    await a.client.expect('waiting');
    const b = await comeBack(server, 'b');
    expect(await b.client.expect('matched')).toMatchObject({ peer: { nonce: a.message.nonce } });
  });

  test('makes both join again when one side of a match is replaced or leaves', async () => {
    const server = await TestServer.start();
    const { a } = await meet(server);
    const again = await comeBack(server, 'b');
    expect(await a.client.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT' });
    await again.client.expect('waiting');
    const back = await comeBack(server, 'a');
    await Promise.all([back.client.expect('matched'), again.client.expect('matched')]);
    back.client.socket.destroy();
    expect(await again.client.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT' });
  });

  test('is independent of the rooms of codes', async () => {
    const server = await TestServer.start();
    const a = await comeBack(server, 'a');
    await a.client.expect('waiting');
    const stranger = await server.connect();
    stranger.send(joinMessage({ number: 1000 }));
    await stranger.expect('waiting');
    const elsewhere = await comeBack(server, 'b', { room: base64url(16) });
    expect(await elsewhere.client.expect('waiting')).toHaveProperty('you');
  });
});
