import { describe, expect, test } from 'vitest';
import { placesInTurn } from '../../../source/connect/places/several-places.ts';
import { RecordedChat, reach, waitingChat } from '../../helpers/chats/recorded-chat.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { freePort } from '../../helpers/servers/free-port.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

function at(port: number) {
  return { host: '127.0.0.1', port };
}

describe('several places in one invite', () => {
  test('lead to the one that answers, if the first one refuses', async () => {
    expectNothingLeft();
    const server = await TestServer.start();
    const { waiting, code } = await waitingChat(server);
    const guest = new RecordedChat({
      ...reach(server),
      server: [at(await freePort()), at(server.port)],
      code,
    });
    await Promise.all([guest.event('connected'), waiting.event('connected')]);
    expect(guest.all('rendezvous').find(({ state }) => state === 'matched')?.server).toBe(
      `127.0.0.1:${server.port}`,
    );
  });

  test('are all named by the error if none can be reached', async () => {
    expectNothingLeft();
    const ports = [await freePort(), await freePort()];
    const guest = new RecordedChat({
      server: ports.map(at),
      code: { number: 7, words: ['velvet', 'orbit'] },
    });
    expect(await guest.end()).toMatchObject({ exit: 3, code: 'ERR_RENDEZVOUS_UNREACHABLE' });
    for (const port of ports) {
      expect(guest.all('error')[0]?.message).toContain(`127.0.0.1:${port}`);
    }
  });

  test('are all named in the invite of a room that is opened there', async () => {
    expectNothingLeft();
    const server = await TestServer.start();
    const dead = await freePort();
    const host = new RecordedChat({ ...reach(server), server: [at(server.port), at(dead)] });
    const { invite, code } = await host.event('invite');
    expect(invite).toBe(`${code}@127.0.0.1:${server.port},127.0.0.1:${dead}`);
  });
});

test('families are dialled in turn, beginning with that of the first', () => {
  const names = ['2a00::1', '2a00::2', '50.0.0.1', 'example.org', '2a00::3'];
  const ordered = placesInTurn(names.map((host) => ({ host, port: 8877 })));
  expect(ordered.map((place) => 'host' in place && place.host)).toEqual([
    '2a00::1',
    '50.0.0.1',
    '2a00::2',
    'example.org',
    '2a00::3',
  ]);
});
