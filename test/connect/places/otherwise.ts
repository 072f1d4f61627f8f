/** What holds at single places in the place of a common fact. */
import { expect } from 'vitest';
import { freePort } from '../../helpers/servers/free-port.ts';
import {
  agreedCode,
  chatsAt,
  opened,
  talk,
  untilConnected,
  untilWaiting,
  type OtherFact,
  type PlaceUnderTest,
  type StartedPlace,
} from './contract.ts';

async function endsWithRoom(place: StartedPlace): Promise<void> {
  const { host, code } = await opened(place);
  const stranger = await place.stranger(code.number);
  stranger.leave();
  expect(await host.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_PEER_LEFT' });
  expect(host.all('invite')).toHaveLength(1);
}

/** Of a mailbox. */
export const spentRoom: OtherFact = {
  because: 'A mailbox counts every side that has ever come, and takes two.',
  title: 'a room whose guest vanishes is spent, and its host ends with exit 4',
  hold: endsWithRoom,
};

async function meetsNoHost({ host }: StartedPlace): Promise<void> {
  const code = agreedCode();
  const early = chatsAt({ server: { host: '127.0.0.1', port: await freePort() } })({ code });
  expect(await early.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_UNREACHABLE' });
  const hosts = [1, 2].map(() => host({ code, waitMs: 300 }));
  for (const one of hosts) {
    expect(await one.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_WAIT_EXPIRED' });
  }
}

/** Of a host that nobody looks for. */
export const hostFirst: OtherFact = {
  because: 'The place comes with the host, so the host comes first.',
  title: 'a guest before its host ends with exit 3, and two hosts of one code wait, each at its own machine',
  hold: meetsNoHost,
};

async function findsNoRoomLeft(place: StartedPlace): Promise<void> {
  // So the stranger, who proves nothing, has its place in the room until it leaves.
  const { host, code } = await opened(place, { waits: { sealMs: 60_000 } });
  const stranger = await place.stranger(code.number);
  expect(await place.guest({ code }).end()).toMatchObject({ exit: 4 });
  stranger.leave();
  await untilWaiting(host, 1);
  const guest = place.guest({ code });
  await untilConnected(guest, host);
  expect(await place.guest({ code }).end()).toEqual({
    reason: 'failed',
    exit: 4,
    code: 'ERR_NO_SUCH_ROOM',
  });
  await talk(guest, host, 'hello');
}

async function waitsOn({ overLine, cut }: StartedPlace): Promise<void> {
  const { host, code } = await opened(overLine);
  await cut(async () => undefined);
  const guest = overLine.guest({ code });
  await untilConnected(guest, host);
  expect(host.all('rendezvous').filter(({ state }) => state === 'waiting')).toHaveLength(1);
  expect(host.all('invite')).toHaveLength(1);
}

async function hasBestPath(place: StartedPlace, { through }: PlaceUnderTest): Promise<void> {
  const { host, code } = await opened(place);
  const guest = place.guest({ code });
  const connected = await untilConnected(host, guest);
  expect(connected.map(({ path }) => path)).toEqual([through, through]);
  expect(connected.map(({ here }) => here)).toEqual([true, true]);
  const [seenByHost, seenByGuest] = connected;
  expect(seenByHost?.remote).toEqual(seenByGuest?.local);
  expect(seenByGuest?.remote).toEqual(seenByHost?.local);
  await talk(guest, host, 'hello');
  for (const side of [host, guest]) {
    expect([...side.all('attempt'), ...side.all('relay'), ...side.all('path')]).toEqual([]);
  }
}

/** Where the rendezvous runs inside the program of one of the two. */
export const atHost = {
  third: {
    because: 'The connection of the guest becomes the channel, so the two do not stay in the room.',
    title:
      'a third side ends with exit 4 while the host has a guest, and when the two have left the room, and disturbs nobody',
    hold: findsNoRoomLeft,
  },
  cutWhileWaiting: {
    because: 'The host has its room in its own program, so no cut comes between the two.',
    title: 'the one who waits stays in its room through a cut, with the same invite, and is met there',
    hold: waitsOn,
  },
  background: {
    because: 'The connection of the guest becomes the channel, and on a local network none is better.',
    title: 'a session has the connection of the guest from the start, without a dial to the peer or a relay',
    hold: hasBestPath,
  },
} satisfies PlaceUnderTest['otherwise'];
