/** A stranger on the local network that is taken for a host may make us dial nothing but itself. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { RendezvousPlace } from '../../../../source/connect/places/rendezvous/rendezvous-place.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { freePort } from '../../../helpers/servers/free-port.ts';
import { base64url } from '../../../helpers/servers/wire-messages.ts';
import { startRawServer, type RawConnection } from '../../../helpers/strangers/raw-server.ts';

const { signal } = new AbortController();

function placeAt(port: number): RendezvousPlace {
  return new RendezvousPlace({
    kind: 'local',
    server: { host: '127.0.0.1', port },
    family: undefined,
    probePort: undefined,
    report: false,
    answerMs: 5000,
  });
}

/** We have joined a room of the stranger. */
async function joined() {
  expectNothingLeft();
  const stranger = await startRawServer();
  const elsewhere = await startRawServer();
  const visit = await placeAt(stranger.port).visit(signal);
  const connection = await stranger.next();
  const match = visit.join(
    { number: 7, share: Buffer.alloc(32, 1), nonce: Buffer.alloc(16, 1) },
    { onWaiting: () => undefined, signal },
  );
  match.catch(() => undefined);
  await connection.length(100);
  return { visit, connection, elsewhere, match };
}

function say({ socket }: RawConnection, message: object) {
  return socket.write(`${JSON.stringify(message)}\n`);
}

function matched(port: number, here: boolean) {
  const mapped = { address: '127.0.0.1', port };
  const peer = { mapped, share: base64url(32), nonce: base64url(16) };
  return {
    t: 'matched',
    role: 'a',
    you: mapped,
    session: base64url(16),
    peer,
    startInMs: 0,
    ...(here && { here }),
  };
}

/** The first connection to a server is the test's own. */
async function isUndialled(server: Awaited<ReturnType<typeof startRawServer>>): Promise<boolean> {
  const own = connect(server.port, '127.0.0.1');
  await once(own, 'connect');
  const first = await server.next();
  const isOwn = first.remotePort === own.localPort;
  own.destroy();
  return isOwn;
}

test('a match with a peer at another address is refused, and nobody is dialled', async () => {
  const { visit, connection, elsewhere, match } = await joined();
  say(connection, matched(elsewhere.port, false));
  await expect(match).rejects.toMatchObject({ code: 'ERR_RENDEZVOUS_PROTOCOL', exitCode: 3 });
  expect(await isUndialled(elsewhere)).toBe(true);
  visit.destroy();
});

test('a match with the host itself counts at the address at which we have reached it', async () => {
  const { visit, connection, elsewhere, match } = await joined();
  say(connection, matched(elsewhere.port, true));
  expect((await match).peerMapped).toEqual(visit.remote);
  expect(await isUndialled(elsewhere)).toBe(true);
  visit.destroy();
});

test('a relay at another server is refused, and nobody is dialled', async () => {
  const { visit, connection, elsewhere, match } = await joined();
  say(connection, matched(connection.remotePort, true));
  await match;
  const before = connection.received.length;
  const relayed = visit.relay(signal);
  await connection.length(before + 1);
  say(connection, { t: 'redirect', server: `127.0.0.1:${elsewhere.port}`, ticket: base64url(16) });
  expect(await relayed).toMatch(/^127\.0\.0\.1:\d+ sends us to another address$/);
  expect(await isUndialled(elsewhere)).toBe(true);
  visit.destroy();
});

test('a host that lets nobody in is named, with the port that its firewall has to open', async () => {
  const port = await freePort();
  await expect(placeAt(port).visit(signal)).rejects.toMatchObject({
    code: 'ERR_RENDEZVOUS_UNREACHABLE',
    message: `127.0.0.1 on the local network has this number, but the rendezvous 127.0.0.1:${port} cannot be reached (127.0.0.1: it refused the connection)`,
    hint: `A firewall on that machine may be in the way: it has to let in TCP port ${port}.`,
  });
});
