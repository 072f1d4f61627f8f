import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { PunchlineError } from '../../../source/errors.ts';
import type { Happening } from '../../../source/events.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openScreen, type OpenScreen } from '../../helpers/terminal/open-screen.ts';
import { createScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import {
  connected,
  connecting,
  fromPeer,
  punched,
  punching,
  waiting,
  wholeStory,
} from '../../helpers/chats/story.ts';
import { samples } from '../../helpers/samples.ts';

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 40, rows: 12 },
  { columns: 20, rows: 6 },
];

function rowsOf(screen: string): string[] {
  return screen.split('\n');
}

/** Fails if a row of the frame is wrapped into the next one. */
function expectNoWrapping({ xterm }: OpenScreen): void {
  const { active } = xterm.buffer;
  const wrapped = Array.from({ length: xterm.rows }, (_, row) => active.getLine(row)?.isWrapped);
  expect(wrapped).not.toContain(true);
  expect(active.baseY).toBe(0);
}

test('goes from the rendezvous, the invite and the punch to the chat', async () => {
  const chat = createScriptedChat();
  await using screen = openScreen([{ chat }]);
  chat.emit(...connecting);
  await screen.waitFor('Connecting to the rendezvous example.org:8877');
  chat.emit(...waiting);
  const inviting = await screen.waitFor('198.51.100.7:40123');
  expect(rowsOf(inviting)).toContain('    punchline chat 7-velvet-orbit@example.org');
  chat.emit(...punching);
  const trying = await screen.waitFor('attempt 2 of 10');
  expect(trying).toMatch(/× {2}1 {2}straight across +203\.0\.113\.5:4242 +refused +41 ms/);
  expect(trying).toMatch(/\S {5}on your own network +192\.168\.1\.17:51000 +dialling/);
  chat.emit(...punched, fromPeer('hi there'));
  const talking = await screen.waitFor(/anna +hi there/);
  expect(rowsOf(talking).filter((row) => row.includes('203.0.113.5'))).toEqual([]);
  expect(talking).toContain('● direct line to anna after 251 ms · /path');
  expect(rowsOf(talking).at(-1)).toContain('● direct · anna · encrypted /verify');
});

describe.each(sizes)('in $columns columns and $rows rows', (size) => {
  test.each<[string, readonly Happening[], RegExp]>([
    ['connecting', connecting, /○ not connected/],
    ['waiting', [...connecting, ...waiting], /○ not connected/],
    ['punching', [...connecting, ...waiting, ...punching], /○ not connected/],
    ['chat', [...wholeStory, fromPeer('hello '.repeat(40)), fromPeer('日本語'.repeat(30))], /● direct/],
    ['lost', [connected, { event: 'lost', reason: 'no answer', queued: 1 }], /reconnecting/],
    ['left', [connected, { event: 'ended', reason: 'peer-left', exit: 0 }], /○ anna has left/],
  ])('%s fits', async (_, events, status) => {
    const chat = createScriptedChat();
    chat.emit(...events);
    await using screen = openScreen([{ chat }], size);
    const shown = rowsOf(await screen.waitFor(status));
    expect(shown.at(-1)).toMatch(status);
    expectNoWrapping(screen);
  });

  test('the invite is complete', async () => {
    const chat = createScriptedChat();
    chat.emit(...connecting, ...waiting);
    await using screen = openScreen([{ chat }], size);
    const invite = 'punchlinechat7-velvet-orbit@example.org';
    const shown = await screen.waitFor((text) => text.replaceAll(/\s/g, '').includes(invite));
    expect(rowsOf(shown).at(-1)).toContain('○ not connected');
  });
});

test('a resized screen shows nothing of the old size', async () => {
  const chat = createScriptedChat();
  chat.emit(...wholeStory, fromPeer('hello '.repeat(40)), fromPeer('日本語'.repeat(30)));
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('● direct');
  for (const size of [...sizes.toReversed(), { columns: 79, rows: 23 }]) {
    await using fresh = openScreen([{ chat }], size);
    await fresh.waitFor(/日本語[^]*● direct/);
    screen.resize(size.columns, size.rows);
    // Either of them may still have a frame to draw.
    await eventually(() => expect([screen.text(), screen.cursor()]).toEqual([fresh.text(), fresh.cursor()]));
    expectNoWrapping(screen);
  }
});

describe('the keyboard', () => {
  // Several lines of text alone would count as a paste, so a key (Ctrl-A) is among them.
  const typed = 'héllo\r\u0001abc\u007Fd 👩‍👩‍👧‍👦\rx\u001B[Dy\u0001z\r';
  const sent = ['send héllo', 'send abd 👩‍👩‍👧‍👦', 'send zyx'];

  test('lines, corrections and arrows of one read all have their effect', async () => {
    const chat = createScriptedChat();
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('not connected');
    screen.type(typed);
    await screen.waitFor('zyx');
    expect(chat.wishes).toEqual(sent);
  });

  test('reads may end at any byte', async () => {
    const bytes = Buffer.from(typed);
    const step = Math.round(bytes.length / samples(bytes.length));
    for (let at = 1; at < bytes.length; at += step) {
      const chat = createScriptedChat();
      await using screen = openScreen([{ chat }]);
      await screen.waitFor('not connected');
      screen.type(bytes.subarray(0, at));
      await setImmediate();
      screen.type(bytes.subarray(at));
      await screen.waitFor('zyx');
      expect(chat.wishes, `split at ${at}`).toEqual(sent);
    }
  });

  test('a paste of several lines is one message of several lines', async () => {
    const chat = createScriptedChat();
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('not connected');
    screen.type('\u001B[200~one\rtwo\u001B[201~');
    await screen.waitFor(/› one\n {2}two/);
    expect(screen.cursor()).toEqual({ x: 5, y: 22, isVisible: true });
    screen.type('\r');
    await screen.waitFor('1 message waiting');
    expect(chat.wishes).toEqual(['send one\ntwo']);
  });

  test('the cursor is after the typed text, however wide that is', async () => {
    const chat = createScriptedChat();
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('not connected');
    screen.type('日本👩‍👩‍👧‍👦e\u0301');
    await screen.waitFor('日本');
    expect(screen.cursor()).toEqual({ x: 2 + 4 + 2 + 1, y: 22, isVisible: true });
    screen.type('\u001B[D\u001B[D\u001B[D');
    await screen.waitFor(() => screen.cursor().x === 4);
  });

  test('Ctrl-C clears the draft, and twice without one it leaves; the terminal is restored', async () => {
    const chat = createScriptedChat();
    chat.emit(connected);
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('● direct');
    expect(screen.buffer()).toBe('alternate');
    screen.type('half a thought');
    await screen.waitFor('half a thought');
    screen.type('\u0003');
    await screen.waitFor((text) => !text.includes('half'));
    screen.type('\u0003');
    await screen.waitFor('Ctrl-C again leaves.');
    expect(chat.wishes).toEqual([]);
    screen.type('\u0003');
    await screen.closed;
    expect(chat.wishes).toEqual(['interrupt 130']);
    await screen.flush();
    expect(screen.buffer()).toBe('normal');
    expect(screen.cursor().isVisible).toBe(true);
    expect(screen.xterm.modes.bracketedPasteMode).toBe(false);
    expect(screen.text()).toContain(
      'Chat with anna ended after 1.0 s, path direct: 0 messages sent, 0 received.',
    );
  });

  test.each(['\u0004', '/quit\r'])('%j says goodbye', async (keys) => {
    const chat = createScriptedChat();
    chat.emit(connected);
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('● direct');
    screen.type(keys);
    await screen.closed;
    expect(chat.wishes).toEqual(['leave']);
  });

  test('a mistyped command is not sent, and can be corrected', async () => {
    const chat = createScriptedChat();
    chat.emit(connected);
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('● direct');
    screen.type('/qiut\r');
    await screen.waitFor('There is no /qiut. Did you mean /quit?');
    screen.type('\u0015//qiut\r');
    await screen.waitFor(/you +\/qiut/);
    expect(chat.wishes).toEqual(['send /qiut']);
  });

  test('/help shows the keys until Esc is pressed', async () => {
    const chat = createScriptedChat();
    chat.emit(connected, fromPeer('hello'));
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('hello');
    screen.type('/help\r');
    expect(await screen.waitFor('PgUp PgDn')).not.toContain('hello');
    screen.type('x');
    expect(await screen.waitFor("'x' does nothing here.")).not.toContain('hello');
    screen.type('\u001B[27u');
    await screen.waitFor('hello');
    expect(screen.text()).toContain('› Message anna');
  });

  test('a message that the chat refuses stays in the composer, with the reason', async () => {
    const chat = createScriptedChat(() => {
      throw new PunchlineError('ERR_USAGE', 'The message is too long.', { hint: 'Send it in parts.' });
    });
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('not connected');
    screen.type('much\r');
    const shown = await screen.waitFor('The message is too long. Send it in parts.');
    expect(shown).toContain('› much');
  });

  test('PgUp scrolls back, and new messages do not move the window', async () => {
    const chat = createScriptedChat();
    chat.emit(connected, ...Array.from({ length: 100 }, (_, n) => fromPeer(`message ${n}.`)));
    await using screen = openScreen([{ chat }]);
    await screen.waitFor('message 99.');
    screen.type('\u001B[5~');
    const before = await screen.waitFor('↓ 18 entries below');
    chat.emit(fromPeer('news'));
    const after = await screen.waitFor('↓ 19 entries below');
    expect(after.replace('19', '18').replace(', 1 new', '')).toBe(before);
    // The rule that marks it as new is one more row to scroll.
    screen.type('\u001B[6~\u001B[6~');
    await screen.waitFor('news');
  });
});

test('messages that are typed before the connection wait in view', async () => {
  const chat = createScriptedChat();
  chat.emit(...connecting, ...waiting);
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('7-velvet-orbit');
  screen.type('are you there?\r');
  const shown = await screen.waitFor('not connected, 1 message waiting');
  expect(shown).toMatch(/… .*you {2}are you there\?/);
  chat.emit(...punching, ...punched, { event: 'delivered', id: 'me-1', ms: 40 });
  await screen.waitFor(/✓ .*you +are you there\?/);
});

test('says that the connection is lost, and that it is back', async () => {
  const chat = createScriptedChat();
  chat.emit(connected);
  await using screen = openScreen([{ chat }]);
  chat.emit({ event: 'lost', reason: 'no answer for 3 s', queued: 2 });
  const lost = await screen.waitFor('◌ line lost: no answer for 3 s; what you write waits');
  expect(rowsOf(lost).at(-1)).toContain('reconnecting');
  chat.emit({ event: 'resumed', ms: 2100, resent: 2, path: 'relay' });
  const back = await screen.waitFor('◌ line lost for 2.1 s, back again, now relayed by the rendezvous');
  expect(back).not.toContain('what you write waits');
  expect(rowsOf(back).at(-1)).toContain('● relay');
});

test('shows the last measured round trip', async () => {
  const chat = createScriptedChat();
  chat.rttMs = 41.4;
  chat.emit(connected);
  await using screen = openScreen([{ chat }]);
  const shown = await screen.waitFor('● direct');
  expect(shown).toContain('● direct · anna · 41 ms · encrypted /verify');
});

test.each(sizes)('classic says NOT ENCRYPTED, in $columns columns too', async (size) => {
  const chat = createScriptedChat();
  chat.emit({ ...connected, cipher: 'none', group: 'none' });
  await using screen = openScreen([{ chat }], size);
  const shown = await screen.waitFor('NOT ENCRYPTED');
  expect(rowsOf(shown).at(-1)).toContain('NOT ENCRYPTED');
});

test('stays after the peer has left, until it is closed', async () => {
  const chat = createScriptedChat();
  chat.emit(connected, fromPeer('bye'));
  await using screen = openScreen([{ chat }]);
  chat.emit({ event: 'ended', reason: 'peer-left', exit: 0 });
  const shown = await screen.waitFor('○ anna has left');
  expect(shown).toMatch(/anna +bye/);
  screen.type('\u0004');
  await screen.closed;
  await screen.flush();
  expect(screen.text()).toContain('anna has left after 2.0 s, path direct: 0 messages sent, 1 received.');
});

test('a failure before the chat is told on the ordinary screen at its end, with the attempts and a hint', async () => {
  const chat = createScriptedChat();
  await using screen = openScreen([{ chat }]);
  chat.emit(...connecting, ...waiting, ...punching, ...punched.slice(0, 1), {
    event: 'error',
    code: 'ERR_PUNCH_FAILED',
    message: 'No connection after 2 rounds.',
    hint: 'Try another network.',
  });
  chat.emit({ event: 'ended', reason: 'failed', exit: 6 });
  await screen.waitFor('Try another network.');
  screen.type('\u0004');
  await screen.closed;
  await screen.flush();
  expect(screen.buffer()).toBe('normal');
  expect(screen.text().trimEnd()).toBe(
    [
      'No connection after 2 rounds.',
      '',
      'Tried:',
      '  mapped     203.0.113.5:4242    refused, stopped',
      '  host       192.168.1.17:51000  no answer',
      '',
      'Try another network.',
    ].join('\n'),
  );
});

test('a connection that is not recovered stays on the screen with the reason', async () => {
  const chat = createScriptedChat();
  chat.emit(connected, fromPeer('hello'));
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('hello');
  chat.emit(
    {
      event: 'error',
      code: 'ERR_CONNECTION_LOST',
      message: 'No connection for 10 minutes.',
      hint: 'Call again.',
    },
    { event: 'ended', reason: 'failed', exit: 7 },
  );
  const shown = await screen.waitFor('○ lost anna');
  expect(shown).toContain('No connection for 10 minutes. Call again.');
});

test('texts and names of the peer reach the terminal only as text', async () => {
  const evil = '\u001B]0;owned\u0007\u001B[31m\u001B]52;c;AAAA\u0007\u009B2J\u202Ertl\u0000';
  const chat = createScriptedChat();
  chat.emit(
    { ...connected, peer: { name: `${evil}\n` } },
    fromPeer(evil),
    { event: 'heartbeat', direction: 'received', n: 1, text: evil },
    { event: 'lost', reason: evil, queued: 0 },
    { event: 'resumed', ms: 1, resent: 0, path: 'direct' },
    fromPeer('the end'),
  );
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('the end');
  for (const part of ['\u001B]0', '\u001B]52', '\u001B[31m', '\u009B', '\u202E', '\u0007', '\u0000']) {
    expect(screen.raw()).not.toContain(part);
  }
});

describe('two panes', () => {
  test('are side by side; F6, and Tab in an empty draft, change between them', async () => {
    const left = createScriptedChat();
    const right = createScriptedChat();
    left.emit({ ...connected, peer: { name: 'bob' } }, fromPeer('from bob'));
    right.emit(connected, fromPeer('from anna'));
    await using screen = openScreen([
      { chat: left, title: 'anna' },
      { chat: right, title: 'bob' },
    ]);
    const shown = await screen.waitFor('from anna');
    expect(rowsOf(shown)[0]).toMatch(/^ ● anna +with bob │ ○ bob +with anna$/);
    screen.type('left\r');
    await screen.waitFor(/you +left/);
    screen.type('\u001B[17~');
    await screen.waitFor('● bob');
    screen.type('right');
    await screen.waitFor('› right');
    expect(screen.cursor()).toEqual({ x: 40 + 2 + 5, y: 22, isVisible: true });
    screen.type('\r\t');
    await screen.waitFor('● anna');
    expect(left.wishes).toEqual(['send left']);
    expect(right.wishes).toEqual(['send right']);
    expectNoWrapping(screen);
  });

  test('are shown one at a time below 60 columns', async () => {
    const chats = [createScriptedChat(), createScriptedChat()];
    chats[0]?.emit(connected, fromPeer('on the left'));
    chats[1]?.emit(connected, fromPeer('on the right'));
    await using screen = openScreen(
      chats.map((chat) => ({ chat })),
      { columns: 59, rows: 24 },
    );
    expect(await screen.waitFor('on the left')).not.toContain('on the right');
    screen.type('\u001B[17~');
    expect(await screen.waitFor('on the right')).not.toContain('on the left');
  });

  test('are both left when one is, each once', async () => {
    const chats = [createScriptedChat(), createScriptedChat()];
    chats.forEach((chat) => chat.emit(connected));
    await using screen = openScreen(chats.map((chat) => ({ chat })));
    await screen.waitFor('● direct');
    screen.type('\u0004');
    await screen.closed;
    expect(chats.map(({ wishes }) => wishes)).toEqual([['leave'], ['leave']]);
  });

  test('end together if one ends by itself', async () => {
    const chats = [createScriptedChat(), createScriptedChat()];
    await using screen = openScreen(chats.map((chat) => ({ chat })));
    await screen.waitFor('not connected');
    chats[0]?.emit({ event: 'ended', reason: 'failed', exit: 3 });
    await screen.closed;
    expect(chats[1]?.wishes).toEqual(['leave']);
  });
});

test('if a component throws, the terminal is restored and the promise rejects', async () => {
  const chat = createScriptedChat();
  await using screen = openScreen([{ chat }]);
  chat.emit(connected);
  await screen.waitFor('● direct');
  const notAText = {
    length: 1,
    charAt: () => {
      throw new Error('a bug in a component');
    },
  };
  chat.emit(fromPeer(notAText as unknown as string, '1'));
  await expect(screen.closed).rejects.toThrow('a bug in a component');
  await screen.flush();
  expect(screen.buffer()).toBe('normal');
  expect(screen.cursor().isVisible).toBe(true);
});

test('a chat that fails before the screen is drawn is shown on it', async () => {
  const chat = createScriptedChat();
  chat.emit({ event: 'error', code: 'ERR_NETWORK', message: 'No network.', hint: '' });
  chat.emit({ event: 'ended', reason: 'failed', exit: 8 });
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('No network.');
  screen.type('\u0003');
  await screen.closed;
  await screen.flush();
  expect(screen.buffer()).toBe('normal');
  expect(screen.text().trimEnd()).toBe('No network.');
});

test('/path shows how the connection came to be, at any time, as a ladder and as a log', async () => {
  const chat = createScriptedChat();
  chat.emit(...wholeStory, fromPeer('hi'));
  await using screen = openScreen([{ chat }]);
  await screen.waitFor(/anna +hi/);
  screen.type('/path\r');
  const shown = await screen.waitFor('direct to anna over IPv4');
  expect(shown).toContain('Cipher      TLS_CHACHA20_POLY1305_SHA256, X25519MLKEM768');
  expect(shown).toMatch(/you +your NAT +rendezvous +anna's NAT +anna/);
  expect(shown).toMatch(/├─+┼─+ SYN to :4242 ─+┼─+▸│ {2}round 2/);
  expect(shown).not.toContain('attempt 1/10');
  screen.type('l');
  const log = await screen.waitFor('l ladder · Esc closes');
  expect(log).toContain('direct to anna over IPv4');
  expect(log).toContain('attempt 1/10: 203.0.113.5:4242 (mapped) refused after 41 ms');
  screen.type('L');
  expect(await screen.waitFor('l log · Esc closes')).toContain('your NAT');
  screen.type('\u001B');
  await screen.waitFor(/anna +hi/);
});

test('a lost connection shows for how long, and how many messages wait', async () => {
  const chat = createScriptedChat();
  chat.emit(connected, { event: 'lost', reason: 'no answer', queued: 0 });
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('reconnecting');
  screen.type('hello?\r');
  const shown = await screen.waitFor(/lost for \d/);
  expect(shown).toMatch(/reconnecting · anna · lost for \d+ \S+ · 1 message waiting/);
});

test('a link can be clicked on each of its rows, and leads where its text says', async () => {
  const chat = createScriptedChat();
  const long = `https://example.org/${'x'.repeat(100)}`;
  const forged = '\u001B]8;;https://evil.test/\u001B\\click\u001B]8;;\u001B\\';
  chat.emit(connected, fromPeer(long), fromPeer(forged));
  await using screen = openScreen([{ chat }]);
  const shown = await screen.waitFor('click');
  expect(shown).toContain(`\n${long.slice(0, 80)}\n${long.slice(80)}`);
  const links = screen
    .raw()
    .split('\u001B]8;')
    .slice(1)
    .map((piece) => piece.split('\u001B', 1)[0]);
  expect(new Set(links)).toEqual(new Set([`id=1-0;${long}`, 'id=2-0;https://evil.test/', ';']));
  expect(links.filter((link) => link?.endsWith(long)).length).toBeGreaterThanOrEqual(2);
});

test('/find shows a match, and F3 the next one', async () => {
  const chat = createScriptedChat();
  const texts = Array.from({ length: 100 }, (_, n) => (n % 40 === 7 ? `the Needle ${n}.` : `hay ${n}.`));
  chat.emit(connected, ...texts.map((text) => fromPeer(text)));
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('hay 99.');
  screen.type('/find needle\r');
  await screen.waitFor('Match 1 of 3 · F3 older · Shift-F3 newer');
  expect(await screen.waitFor('the Needle 87.')).toContain('hay 90.');
  screen.type('\u001BOR');
  await screen.waitFor('Match 2 of 3');
  await screen.waitFor('the Needle 47.');
  screen.type('\u001B[1;2R');
  await screen.waitFor('Match 1 of 3');
  screen.type('\u001B[27u');
  await screen.waitFor('hay 99.');
  screen.type('/find nothing of that\r');
  await screen.waitFor('No message contains "nothing of that".');
});

test('says that the peer is typing until its message comes', async () => {
  const chat = createScriptedChat();
  chat.emit(connected, { event: 'typing' });
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('● direct · anna is writing ·');
  chat.emit(fromPeer('here it is'));
  await screen.waitFor('● direct · anna · encrypted');
  expect(screen.text()).toMatch(/anna +here it is/);
});

test('the peer is told that a message is being typed, but not a command', async () => {
  const chat = createScriptedChat();
  chat.emit(connected);
  await using screen = openScreen([{ chat }]);
  await screen.waitFor('● direct');
  screen.type('/help');
  await screen.waitFor('› /help');
  expect(chat.writings).toHaveLength(0);
  screen.type('\u0015//x');
  await screen.waitFor('› //x');
  expect(chat.writings).toHaveLength(1);
});
