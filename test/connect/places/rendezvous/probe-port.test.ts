import { expect, test } from 'vitest';
import { startRawServer } from '../../../helpers/strangers/raw-server.ts';
import { waitingChat } from '../../../helpers/chats/recorded-chat.ts';
import { joinMessage, TestServer } from '../../../helpers/servers/rendezvous-server.ts';
import { seen } from '../../../helpers/servers/seen.ts';

/** How the server describes a waiting client to the one that joins. */
async function describedBy(server: TestServer, probePort: number | undefined) {
  const { code } = await waitingChat(server, { probePort });
  const joiner = await server.connect();
  joiner.send(joinMessage({ number: code.number }));
  const { peer } = await joiner.expect('matched');
  return seen(peer.mapped);
}

/** With a probe port that is not the one after the server's own. */
function start() {
  return TestServer.start({ probePort: 0 }, { returnMs: 1000 });
}

test('a client that learns the probe port when it opens a room is probed there before the match', async () => {
  const server = await start();
  expect(server.probePort).not.toBe(server.port + 1);
  const { port, probePort } = await describedBy(server, undefined);
  // There is no NAT in between.
  expect(probePort).toBe(port);
});

test('a probe port that the user names is dialled, whatever the server says', async () => {
  const server = await start();
  const other = await startRawServer();
  const { probePort } = await describedBy(server, other.port);
  expect((await other.next()).remotePort).toBeGreaterThan(0);
  expect(probePort).toBeUndefined();
});
