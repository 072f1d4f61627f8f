/** A code without a place: the peer may wait at the place that was named otherwise, or at one that is found. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { meetAnywhere } from '../../../source/connect/meeting/meet-anywhere.ts';
import { createMeetingContext } from '../../../source/connect/meeting-context.ts';
import type { Place, PlaceSearch } from '../../../source/connect/place.ts';
import type { Happening } from '../../../source/events.ts';
import { parseCode, type Code } from '../../../source/protocol/code.ts';
import { RecordedChat, reach } from '../../helpers/chats/recorded-chat.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

const agreed = parseCode('4711-velvet-orbit');
const other = parseCode('4711-abandon-ability');

function placeOf(server: TestServer): Place {
  return createMeetingContext({ ...reach(server), code: agreed }, () => undefined).place;
}

/** Meets at the named server, if any, and at those that a search finds at once. */
function meetAt(named: TestServer | undefined, found: readonly TestServer[]) {
  const happenings: Happening[] = [];
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const context = createMeetingContext(
    // Without a named place the context has one that nobody visits.
    {
      server: { host: '127.0.0.1', port: 1 },
      ...(named && reach(named)),
      code: agreed,
      mode: 'chat',
      lan: false,
    },
    (happening) => happenings.push(happening),
  );
  const chosen: Place[] = [];
  const search: PlaceSearch = {
    named: named && context.place,
    find: async (onFound) => {
      for (const server of found) {
        onFound(placeOf(server));
      }
    },
    choose: (place) => chosen.push(place),
  };
  const met = meetAnywhere(context, search, abort.signal);
  met.then(
    ({ link }) => onTestFinished(() => link.destroy()),
    () => undefined,
  );
  return { met, happenings, chosen };
}

async function servers(count: number) {
  expectNothingLeft();
  return Promise.all(Array.from({ length: count }, () => TestServer.start()));
}

/** A chat that waits there with these words. */
async function waitingAt(server: TestServer, code: Code) {
  const waiting = new RecordedChat({ ...reach(server), code });
  await waiting.until(() => waiting.all('rendezvous').find(({ state }) => state === 'waiting'));
  return waiting;
}

function places(happenings: readonly Happening[]) {
  return happenings.flatMap((one) => (one.event === 'rendezvous' ? [`${one.state} ${one.server}`] : []));
}

describe('a code without a place', () => {
  test('meets the peer at a place that was found, though nobody waits at the named one', async () => {
    const [named, found] = await servers(2);
    await waitingAt(found!, agreed);
    const { met, chosen, happenings } = meetAt(named, [found!]);
    await met;
    expect(chosen.map(({ name }) => name)).toEqual([`127.0.0.1:${found!.port}`]);
    expect(places(happenings)).toContain(`matched 127.0.0.1:${found!.port}`);
  });

  test('meets the peer at the named place, though a stranger answers elsewhere with other words', async () => {
    const [named, found] = await servers(2);
    const stranger = await waitingAt(found!, other);
    const { met, chosen } = meetAt(named, [found!]);
    expect((await stranger.end()).exit).toBe(5);
    // We wait there already, because an agreed code waits for whoever comes second.
    const peer = new RecordedChat({ ...reach(named!), code: agreed });
    await Promise.all([met, peer.event('connected')]);
    expect(chosen.map(({ name }) => name)).toEqual([`127.0.0.1:${named!.port}`]);
  });

  test('tries three places at most, each with one guess', async () => {
    const all = await servers(4);
    const strangers = await Promise.all(all.map((server) => waitingAt(server, other)));
    const { met } = meetAt(undefined, all);
    await expect(met).rejects.toMatchObject({ code: 'ERR_WRONG_CODE' });
    const tried = strangers.filter((one) => one.all('ended').length > 0);
    expect(tried).toHaveLength(3);
    expect(strangers[3]?.all('peer')).toEqual([]);
  });

  test('tells that nobody was found, with the number and without the words', async () => {
    expectNothingLeft();
    const { met, happenings } = meetAt(undefined, []);
    expect(happenings).toMatchObject([{ event: 'rendezvous', state: 'connecting' }]);
    await expect(met).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_ROOM',
      message: 'nobody on the local network waits under the number 4711',
    });
  });
});
