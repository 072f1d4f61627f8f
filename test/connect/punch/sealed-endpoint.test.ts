/** A peer that comes through a proxy tells in its hello where it is seen. It may lie. */
import { expect, test } from 'vitest';
import { passwordOf } from '../../../source/protocol/code.ts';
import type { Endpoint } from '../../../source/events.ts';
import { waitingChat } from '../../helpers/chats/recorded-chat.ts';
import { joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { impostor, sealedHello } from '../../helpers/strangers/impostor.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';

/** A chat that waits, and a peer behind a proxy that holds the code, and says this of itself. */
async function meet(mapped: (server: TestServer) => Endpoint, { proxied = true } = {}) {
  const server = await TestServer.start();
  const { waiting: chat, code } = await waitingChat(server, { attempts: 1, lan: false, relay: 'never' });
  const peer = impostor(code.number, passwordOf(code));
  const wire = await server.connect();
  const { share, nonce } = peer;
  wire.send(joinMessage({ number: code.number, share, nonce, ...(proxied && { proxied }) }));
  const matched = await wire.expect('matched');
  const sealed = sealedHello(peer.keysWith(matched.peer, 'a'), 'a', { mapped: mapped(server) });
  wire.send({ t: 'candidate', sealed }, { t: 'round', n: 1 });
  const end = await chat.end();
  const dialled = chat.all('attempt').filter(({ outcome }) => outcome === 'started');
  return { end, dialled: dialled.map(({ kind, address, port }) => ({ kind, address, port })) };
}

test('its endpoint is dialled in the round on which both have agreed', async () => {
  const { port } = await startRawServer((socket) => socket.destroy());
  const { dialled } = await meet(() => ({ address: '127.0.0.1', port }));
  expect(dialled).toContainEqual({ kind: 'mapped', address: '127.0.0.1', port });
});

test.each<[string, (server: TestServer) => Endpoint]>([
  ['the rendezvous itself', ({ port }) => ({ address: '127.0.0.1', port })],
  ['a group', () => ({ address: '224.0.0.1', port: 4242 })],
  ['no host', () => ({ address: '0.0.0.0', port: 4242 })],
  ['a tunnel to this machine', () => ({ address: '64:ff9b::127.0.0.1', port: 4242 })],
])('%s is not dialled, and the failure says what is known', async (_, mapped) => {
  const { end, dialled } = await meet(mapped);
  expect(dialled).toEqual([]);
  expect(end).toMatchObject({ exit: 6, code: 'ERR_PUNCH_FAILED' });
});

test('of a peer that the rendezvous has seen, only that endpoint is dialled', async () => {
  const { port } = await startRawServer((socket) => socket.destroy());
  const { dialled } = await meet(() => ({ address: '127.0.0.1', port }), { proxied: false });
  expect(dialled.map((one) => one.port)).not.toContain(port);
});
