/** What the built program shows of its connection, in pseudo-terminals of every size, while their sizes change. */
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { aroundFrom, sizes } from '../../helpers/chats/conversation.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openScreen } from '../../helpers/terminal/open-screen.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program, startPunchline } from '../../helpers/programs/punchline.ts';
import { createScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, connecting, punching, waiting, wholeStory } from '../../helpers/chats/story.ts';
import { openTerminal, type Terminal, type TerminalOptions } from '../../helpers/terminal/terminal.ts';
import {
  expectFresh,
  expectOneScreen,
  redrawn,
  resizedWhole,
  steady,
} from '../../helpers/terminal/whole-screen.ts';
import { keyGroup } from '../../helpers/sessions/key-group.ts';

const code = '7123-velvet-orbit';
const pageDown = '\u001B[6~';
/** Esc as the kitty protocol sends it: a key that follows cannot become a part of it. */
const escape = '\u001B[27u';

function punchline(args: readonly string[], options: Partial<TerminalOptions> = {}): Terminal {
  return openTerminal({ command: process.execPath, args: [program, 'chat', ...args], ...options });
}

/** The text without its breaks into rows. */
function flat(text: string): string {
  return text.replaceAll(/\s/g, '');
}

const hint = /Esc closes$/m;

/** The rows of an overlay, without the header and the hint. */
function overlayRows(screen: string): string[] {
  const rows = screen.split('\n');
  return rows.slice(
    rows.length < 9 ? 0 : 1,
    rows.findIndex((row) => hint.test(row)),
  );
}

/** Reads the log of `/path` by paging to its end, then closes it. Times and spaces are left out. */
async function readPath(screen: Pick<Terminal, 'waitFor'>, type: (keys: string) => void): Promise<string> {
  type('/path\r');
  let shown = await screen.waitFor(hint);
  // A wide screen begins with the ladder.
  if (shown.includes('l log · Esc')) {
    type('l');
    shown = await screen.waitFor('l ladder · Esc');
  }
  const rows = overlayRows(shown);
  while (/↓ \d+.* Esc closes$/m.test(shown)) {
    const before = overlayRows(shown).join('\n');
    type(pageDown);
    shown = await screen.waitFor((text) => hint.test(text) && overlayRows(text).join('\n') !== before);
    const page = overlayRows(shown);
    function isKnown(count: number) {
      return page.slice(0, count).join('\n') === rows.slice(-count).join('\n');
    }
    rows.push(...page.slice(page.findLastIndex((_, index) => isKnown(index + 1)) + 1));
  }
  type(escape);
  await screen.waitFor((text) => !hint.test(text));
  return flat(rows.map((row) => row.replace(/^\+[\d.:]+(?: ms| s| h \d\d)? /, '')).join('\n'));
}

describe.each(sizes)('from $columns columns and $rows rows', (size) => {
  const [second, third, fourth] = aroundFrom(size);

  test('all steps from the rendezvous to the path are shown, and both sides compare the same words', async () => {
    const { options } = await openRendezvous();
    const server = options[1] ?? '';
    await using anna = punchline([...options, '--name', 'anna', '--no-lan'], size);
    const [, invite = ''] =
      /punchlinechat(\d+-[a-z]+-[a-z]+)@/.exec(
        flat(
          await anna.waitFor(
            (text) => /chat\d+-[a-z]+-[a-z]+@/.test(flat(text)) && !text.includes('Connecting'),
          ),
        ),
      ) ?? [];
    const before = await readPath(anna, anna.write);
    expect(before).toContain('notconnectedyet');
    expect(before).toMatch(new RegExp(`connectingto.*${server}.*waitingat.*${server}.*127\\.0\\.0\\.1:\\d+`));
    await resizedWhole(anna, second, /○ not/);
    await using bob = punchline([...options, invite, '--name', 'bob', '--no-lan', '--plain']);
    await anna.waitFor('● lan · bob');
    await resizedWhole(anna, third, /● lan/);
    const path = await readPath(anna, anna.write);
    expect(path).toContain(`TLS_CHACHA20_POLY1305_SHA256,${keyGroup}`);
    expect(path).toMatch(
      /^lantobob.*over.*IPv4.*127\.0\.0\.1:\d+.*connectingto.*waitingat.*matchedat.*127\.0\.0\.1:\d+\(mapped\).*plan:simultaneous.*attempt1\/10:dialling127.*connectedtobob:lan,127/,
    );
    await resizedWhole(anna, fourth, /● lan/);
    bob.write('/verify\r');
    const [, words = ''] = /\* (\w+ \w+ \w+ \w+)\. Compare/.exec(await bob.waitFor('. Compare')) ?? [];
    anna.write('/verify\r');
    await anna.waitFor((text) => flat(text).includes(`${flat(words)}.`));
    expectOneScreen(anna, /● lan/);
    // Redrawn by a resize, because a key would remove the words.
    await redrawn(anna, () => anna.resize(size.columns, size.rows));
    expectOneScreen(anna, /● lan/);
    expect(flat(anna.text())).toContain(`${flat(words)}.`);
    expect(anna.text().split('\n').at(-1)).toMatch(
      size.columns < 40 ? /^ ● lan · bob/ : /^ ● lan · bob · (?:[\d.]+ m?s · )?encrypted/,
    );
  });

  test('a relay is marked as one, with the reason, after any burst of sizes', async () => {
    const { options } = await openRendezvous();
    await using anna = punchline([...options, '--code', code, '--relay', 'always'], size);
    await anna.waitFor('○ not');
    const bob = startPunchline(['chat', '--json', ...options, '--code', code, '--name', 'bob']);
    await anna.waitFor('● relay · bob');
    for (const other of [second, third, fourth, second, third, size, fourth]) {
      anna.resize(other.columns, other.rows);
    }
    bob.write('through the relay\n');
    // Two frames will be compared, so nothing may change between them.
    await anna.waitFor((text) => flat(text).includes('bobthroughtherelay'));
    await resizedWhole(anna, second, /● relay · bob/);
    await resizedWhole(anna, third, /● relay · bob/);
    expect(await readPath(anna, anna.write)).toMatch(
      /^relaytobob.*throughtherendezvous:slower,butstillencryptedendtoend.*asweaskedfor.*thissideisb/,
    );
    await resizedWhole(anna, size, /● relay · bob/);
  });
});

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
