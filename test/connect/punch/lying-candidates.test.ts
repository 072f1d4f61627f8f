/** A peer that holds the code and lies about its host candidates. */
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { passwordOf } from '../../../source/protocol/code.ts';
import type { Endpoint } from '../../../source/events.ts';
import { impostor, sealedHello } from '../../helpers/strangers/impostor.ts';
import { waitingChat } from '../../helpers/chats/recorded-chat.ts';
import { joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';

/** Which of the candidates that the peer has sealed the chat dials, and how the chat then ends. */
async function dialledOf(hosts: (server: TestServer) => Endpoint[]) {
  const server = await TestServer.start();
  const { waiting: chat, code } = await waitingChat(server, { attempts: 1 });
  const peer = impostor(code.number, passwordOf(code));
  const wire = await server.connect();
  const join = joinMessage({ number: code.number, share: peer.share, nonce: peer.nonce });
  wire.send(join);
  const matched = await wire.expect('matched');
  const sealed = sealedHello(peer.keysWith(matched.peer, 'a'), 'a', { hosts: hosts(server) });
  wire.send({ t: 'candidate', sealed });
  const end = await chat.end();
  const started = chat.all('attempt').filter(({ kind, outcome }) => kind === 'host' && outcome === 'started');
  return { end, dialled: started.map(({ address, port }) => ({ address, port })) };
}

test('only addresses of hosts are dialled, each once', async () => {
  const third = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  onTestFinished(() => void third.close());
  await once(third, 'listening');
  const { port } = third.address() as AddressInfo;
  const { end, dialled } = await dialledOf((server) => [
    { address: '224.0.0.1', port },
    { address: '255.255.255.255', port },
    { address: '0.0.0.0', port },
    { address: '127.0.0.1', port: 22 },
    { address: '127.0.0.1', port: server.port },
    { address: '::ffff:127.0.0.1', port },
    { address: '127.0.0.1', port },
    { address: 'ff02::1', port },
  ]);
  expect(dialled).toEqual([{ address: '127.0.0.1', port }]);
  expect(end).toMatchObject({ exit: 6, code: 'ERR_PUNCH_FAILED' });
});

test.each<[string, Endpoint[]]>([
  [
    'more than eight',
    Array.from({ length: 9 }, (_, index) => ({ address: '127.0.0.1', port: 40_000 + index })),
  ],
  ['port 0', [{ address: '127.0.0.1', port: 0 }]],
])('%s end the chat, and none of them is dialled', async (_, hosts) => {
  const { end, dialled } = await dialledOf(() => hosts);
  expect(dialled).toEqual([]);
  expect(end).toMatchObject({ reason: 'failed', exit: 7, code: 'ERR_PROTOCOL' });
});
