/** What the built program shows of its connection, in pseudo-terminals of every size, while their sizes change. */
import { testFromOneSize } from '../helpers/sizes/from-sizes.ts';
import { connection, code, escape, punchline, readPath } from '../helpers/sizes/connection.ts';
import { describe, expect, test } from 'vitest';
import type { Happening } from '../../source/events.ts';
import { aroundFrom, sizes } from '../helpers/chats/conversation.ts';
import { eventually } from '../helpers/eventually.ts';
import { openScreen } from '../helpers/terminal/open-screen.ts';
import { openRendezvous } from '../helpers/servers/local-rendezvous.ts';
import { startPunchline } from '../helpers/programs/punchline.ts';
import { createScriptedChat } from '../helpers/chats/scripted-chat.ts';
import { connected, connecting, punching, waiting, wholeStory } from '../helpers/chats/story.ts';
import { expectFresh, expectOneScreen, resizedWhole, steady } from '../helpers/terminal/whole-screen.ts';

testFromOneSize(connection);

/** As much of the status as each row has room for. */
const lostStatus = new Map([
  [120, /reconnecting · bob · lost for [\d.]+ s · 1 message waiting/],
  [80, /reconnecting · bob · lost for [\d.]+ s · 1 message waiting/],
  [40, /reconnecting · lost [\d.]+ s · 1 waiting/],
  [20, /^ \S reconnecting$/],
]);

test('a lost connection shows its time and the waiting messages at every size, and later that it is back', async () => {
  const { options } = await openRendezvous();
  const args = [...options, '--code', code];
  await using anna = punchline(args);
  const bob = startPunchline(['chat', '--json', ...args, '--name', 'bob']);
  await anna.waitFor('● lan · bob');
  bob.kill('SIGSTOP');
  anna.write('are you there?\r');
  await anna.waitFor(/reconnecting · bob · lost for [\d.]+ s · 1 message waiting/);
  for (const size of aroundFrom(sizes[0]!)) {
    await resizedWhole(anna, size, /^ \S reconnecting/);
    expect(anna.text().split('\n').at(-1)).toMatch(lostStatus.get(size.columns)!);
    expect(await readPath(anna, anna.write)).toMatch(
      /^lantobob.*lost\(.*\);1messagetodeliver.*connectionlost\(/,
    );
  }
  bob.kill('SIGCONT');
  await anna.waitFor(/✓ .*are you there\?/);
  await anna.waitFor(/line lost for [\d.]+ s, back again; nothing is missing/);
  // The late answer is not counted as a round trip.
  anna.write('/path\r');
  await anna.waitFor(/ ms [▁▂▃▄▅▆▇█]{2,}/);
  anna.write(escape);
  await anna.waitFor(/^ ● lan · bob · [\d.]+ m?s · encrypted/m);
  for (const size of aroundFrom(sizes[0]!)) {
    await resizedWhole(anna, size, /● lan/);
    expect(await readPath(anna, anna.write)).toMatch(
      /ms[▁▂▃▄▅▆▇█]{2,}.*connectionlost\(.*connectedagainafter/,
    );
  }
  await expectFresh(anna, /● lan/);
});

describe('a screen of any size looks the same, drawn at once or after other sizes', () => {
  const relayed: Happening = { ...connected, path: 'relay' };
  const classic: Happening = { ...connected, cipher: 'none', group: 'none' };
  test.each<[string, readonly Happening[], RegExp, RegExp]>([
    ['connecting', connecting, /○ not/, /notconnectedyetconnectingto.*example\.org:8877$/],
    [
      'waiting',
      [...connecting, ...waiting],
      /○ not/,
      /waitingattherendezvousexample.*198\.51\.100\.7:40123$/,
    ],
    ['waiting without an invite', [...connecting, waiting[1]!], /○ not/, /waitingattherendezvousexample/],
    [
      'punching',
      [...connecting, ...waiting, ...punching],
      /○ not/,
      /attempt1\/10:203\.0\.113\.5:4242\(mapped\)refusedafter41ms.*attempt2\/10:dialling.*dialling192/,
    ],
    [
      'checking a connection',
      [
        ...connecting,
        ...waiting,
        ...punching,
        { event: 'nats', own: 'random', peer: 'counting', direct: 'no', why: 'none can be guessed' },
        { event: 'proof', state: 'started', path: 'direct', remote: connected.remote },
      ],
      /○ not/,
      /theNAThere:random,thatofthepeer:counting.*aconnectionto203\.0\.113\.5:4242stands;checkingthecode$/,
    ],
    [
      'connected',
      wholeStory,
      /● direct · anna/,
      /^directtoannaoverIPv4.*noanswerafter2\.5s.*connectedtoanna/,
    ],
    ['relayed', [relayed], /● relay · anna/, /^relaytoanna/],
    ['not encrypted', [...connecting, classic], /^ {2}NOT ENCRYPTED/m, /NONE:thischatcanberead/],
  ])('%s is the same', async (_, events, status, path) => {
    const chat = createScriptedChat();
    chat.emit(...events);
    // Without motion, the two screens must not differ at all.
    const settings = { reducedMotion: true };
    await using screen = openScreen([{ chat }], { ...sizes[0], settings });
    await screen.waitFor(status);
    for (const size of aroundFrom(sizes[0]!)) {
      await using fresh = openScreen([{ chat }], { ...size, settings });
      await fresh.waitFor(status);
      expectOneScreen(fresh, status);
      screen.resize(size.columns, size.rows);
      await eventually(() => expect(steady(screen.text())).toBe(steady(fresh.text())));
      expectOneScreen(screen, status);
      expect(screen.cursor()).toEqual(fresh.cursor());
      expect(await readPath(screen, screen.type)).toMatch(path);
    }
  });
});
