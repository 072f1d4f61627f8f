/** What a screen does when its chat has ended, or when the user asks to leave. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { usageError } from '../../../source/errors.ts';
import type { Chat, Happening } from '../../../source/events.ts';
import { PunchedChat } from '../../../source/chat/chat.ts';
import type { NextChat, Start } from '../../../source/ui/ending/start.ts';
import { reach } from '../../helpers/chats/recorded-chat.ts';
import { createScriptedChat, type ScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, connecting, fromPeer, waiting } from '../../helpers/chats/story.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { ctrl, pageUp, up } from '../../helpers/terminal/keys.ts';
import { openScreen, type OpenScreenOptions } from '../../helpers/terminal/open-screen.ts';

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 12 },
  { columns: 20, rows: 6 },
  { columns: 200, rows: 50 },
];

/** A screen whose chats are scripted. Each new one is added to `chats`. */
function open(start: Start | undefined, happenings: readonly Happening[], options: OpenScreenOptions = {}) {
  const first = createScriptedChat();
  first.emit(...happenings);
  const chats: ScriptedChat[] = [first];
  const wishes: NextChat[] = [];
  function begin(next: NextChat): { chat: Chat; start: Start } {
    if (next.kind === 'invite' && !next.invite.includes('-')) {
      throw usageError('that is no invite', 'Type it again.');
    }
    wishes.push(next);
    const chat = createScriptedChat();
    chats.push(chat);
    return { chat, start: next.kind === 'invite' ? 'invite' : (start ?? 'room') };
  }
  const screen = openScreen([start === undefined ? { chat: first } : { chat: first, start, begin }], options);
  return { screen, chats, wishes };
}

const left: Happening = { event: 'ended', reason: 'peer-left', exit: 0 };
const wrongCode: readonly Happening[] = [
  { event: 'error', code: 'ERR_WRONG_CODE', message: 'The codes differ.', hint: 'Use a new one.' },
  { event: 'ended', reason: 'failed', exit: 5 },
];

function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

test('the status line names the key that closes only while no draft stands, in which that key deletes', async () => {
  const { screen: opened } = open('room', [connected, left]);
  await using screen = opened;
  await screen.waitFor('anna has left');
  expect(screen.text()).toMatch(/Ctrl-D closes\s*$/);
  screen.type('draft');
  expect(await screen.waitFor('› draft')).toMatch(/Ctrl-C clears the draft\s*$/);
  screen.type('\u0015');
  await screen.waitFor(/Ctrl-D closes\s*$/);
});

describe.each(sizes)('in $columns columns and $rows rows', (size) => {
  test('after the peer has left, everything stays, and Ctrl-D closes', async () => {
    const { screen: opened } = open('room', [connected, fromPeer('first'), ...many, left], size);
    await using screen = opened;
    await screen.waitFor('anna has left');
    screen.type('draft');
    await screen.waitFor('› draft');
    screen.type(pageUp.repeat(40));
    expect(await screen.waitFor('direct line')).toContain('› draft');
    screen.type('\u0015/find number 19\r');
    await screen.waitFor('number 19');
    screen.type(ctrl('d'));
    expect(await screen.closed).toBeUndefined();
  });

  test('after a failure, the verdict is shown with what Enter does', async () => {
    const { screen: opened } = open('room', [...connecting, ...waiting, ...wrongCode], size);
    await using screen = opened;
    await screen.waitFor('Enter opens a new');
    expect(flat(screen.text())).toContain('The codes differ.');
    expect(screen.xterm.buffer.active.baseY).toBe(0);
  });

  test('a new chat keeps what was said, and shows the new invite', async () => {
    const {
      screen: opened,
      chats,
      wishes,
    } = open('room', [...waiting, connected, fromPeer('before'), left], size);
    await using screen = opened;
    await screen.waitFor('anna has left');
    screen.type('\r');
    await eventually(() => expect(wishes).toEqual([{ kind: 'room' }]));
    chats[1]?.emit(
      { event: 'invite', code: '8-zoo-zone', invite: '8-zoo-zone@example.org' },
      { event: 'rendezvous', place: 'rendezvous', state: 'waiting', server: 'example.org:8877' },
    );
    await screen.waitFor((text) => text.replaceAll(/\s/g, '').includes('8-zoo-zone@example.org'));
    screen.type(pageUp.repeat(3));
    // The smallest screen has room for the first entry alone.
    await screen.waitFor(/before|direct/);
    expect(screen.xterm.buffer.active.baseY).toBe(0);
  });
});

const many = Array.from({ length: 40 }, (_, n) => fromPeer(`number ${n}`));

test('a key that is no command does nothing after the end', async () => {
  const { screen: opened, chats } = open('room', [...waiting, connected, left]);
  await using screen = opened;
  await screen.waitFor('○ anna has left');
  screen.type(`x${pageUp}y`);
  await screen.waitFor('› xy');
  screen.type('\r');
  await screen.waitFor('The chat has ended. Enter opens a new room, and keeps the draft.');
  expect(chats[0]?.wishes).toEqual([]);
  screen.type('\r');
  await screen.waitFor('› xy');
  await eventually(() => expect(chats).toHaveLength(2));
  chats[1]?.emit(connected);
  await screen.waitFor('● direct');
  screen.type('\r');
  await screen.waitFor(/you +xy/);
  expect(chats[1]?.wishes).toEqual(['send xy']);
});

test.each(['/send x', '/accept', '/heartbeat', '/name x'])(
  '%s says that the chat has ended',
  async (line) => {
    const { screen: opened, chats } = open('room', [connected, left]);
    await using screen = opened;
    await screen.waitFor('○ anna has left');
    screen.type(`${line}\r`);
    await screen.waitFor('The chat has ended.');
    expect(screen.text()).toContain(`› ${line}`);
    expect(chats[0]?.wishes).toEqual([]);
  },
);

test('/again in a chat that goes on changes nothing', async () => {
  const { screen: opened, chats, wishes } = open('room', [connected]);
  await using screen = opened;
  await screen.waitFor('● direct');
  screen.type('/again\r');
  await screen.waitFor('The chat has not ended. /quit ends it.');
  expect([chats.length, wishes]).toEqual([1, []]);
});

test('after a mistyped code, the invite is typed again; one that cannot be read stays in the draft', async () => {
  const { screen: opened, chats, wishes } = open('invite', [...connecting, ...wrongCode]);
  await using screen = opened;
  await screen.waitFor('Enter: type the invite again');
  screen.type('\r');
  await screen.waitFor('› /again');
  screen.type('nonsense\r');
  await screen.waitFor('that is no invite. Type it again.');
  expect(screen.text()).toContain('› /again nonsense');
  screen.type('/again 7-velvet-orbit\r');
  await eventually(() => expect(wishes).toEqual([{ kind: 'invite', invite: '7-velvet-orbit' }]));
  chats[1]?.emit(connected);
  await screen.waitFor('● direct');
});

test('messages that were not delivered are named, and become the draft of the next chat', async () => {
  const { screen: opened, chats } = open('room', waiting);
  await using screen = opened;
  await screen.waitFor('punchline chat');
  for (const text of ['one', 'two']) {
    screen.type(text);
    await screen.waitFor(`› ${text}`);
    screen.type('\r');
    await screen.waitFor(new RegExp(`^….*${text}$`, 'm'));
  }
  chats[0]?.emit(...wrongCode);
  await screen.waitFor('2 messages were not sent.');
  screen.type('\r');
  await screen.waitFor('2 messages were not delivered: here they are again, as a draft.');
  expect(screen.text()).toMatch(/› one\n {2}two/);
});

test('with a draft, messages that were not delivered are found with Up', async () => {
  const { screen: opened, chats } = open('room', waiting);
  await using screen = opened;
  await screen.waitFor('punchline chat');
  screen.type('one');
  await screen.waitFor('› one');
  screen.type('\r');
  await screen.waitFor(/you +one/);
  screen.type('draft');
  await screen.waitFor('› draft');
  chats[0]?.emit(...wrongCode);
  await screen.waitFor('1 message was not sent.');
  screen.type('\r');
  await screen.waitFor('and keeps the draft.');
  screen.type('\r');
  await screen.waitFor('1 message was not delivered: Up brings it back.');
  screen.type(up);
  await screen.waitFor('› draft');
  screen.type(up);
  expect(await screen.waitFor('› one')).not.toContain('› draft');
});

test('where no chat can follow, Enter says how to close the screen', async () => {
  const { screen: opened } = open(undefined, [connected, left]);
  await using screen = opened;
  await screen.waitFor('› Ctrl-D closes');
  screen.type('\r');
  expect(await screen.waitFor('The chat has ended. Ctrl-D closes the screen.')).toContain('anna has left');
});

test('the closing text tells of every chat of the screen', async () => {
  const { screen: opened, chats } = open('agreed', [connected, fromPeer('hello'), left]);
  await using screen = opened;
  await screen.waitFor('○ anna has left');
  screen.type('\r');
  await eventually(() => expect(chats).toHaveLength(2));
  chats[1]?.emit({ ...connected, peer: { name: 'bob' } });
  await screen.waitFor('● direct');
  screen.type('/quit\r');
  await screen.closed;
  await screen.flush();
  expect(screen.text()).toMatch(/anna has left after [^]*1 received\.\n\nChat with bob ended after/);
});

describe('Ctrl-C', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each<[string, readonly Happening[]]>([
    ['while connecting', connecting],
    ['while waiting with an agreed code', waiting.slice(1)],
  ])('%s leaves at once: nothing is lost', async (_, happenings) => {
    const { screen: opened, chats } = open('agreed', happenings);
    await using screen = opened;
    await screen.waitFor(/○ not connected.* Ctrl-C leaves$/m);
    screen.type(ctrl('c'));
    await screen.closed;
    expect(chats[0]?.wishes).toEqual(['interrupt 130']);
  });

  test.each<[string, readonly Happening[]]>([
    ['in a chat', [connected]],
    ['with an invite that was passed on', waiting],
    ['with messages that wait', [...connecting, { event: 'message', from: 'me', id: 'me-1', text: 'early' }]],
  ])('%s asks once more', async (_, happenings) => {
    const { screen: opened, chats } = open('room', happenings);
    await using screen = opened;
    await screen.waitFor(/Ctrl-C twice leaves$/m);
    screen.type('x');
    await screen.waitFor(/Ctrl-C clears the draft$/m);
    screen.type(ctrl('r'));
    await screen.waitFor(/Ctrl-C ends the search$/m);
    screen.type(ctrl('c') + ctrl('c'));
    await screen.waitFor(/Ctrl-C twice leaves$/m);
    screen.type(ctrl('c'));
    await screen.waitFor(/Ctrl-C again leaves\.[^]* Ctrl-C leaves$/m);
    expect(chats[0]?.wishes).toEqual([]);
    screen.type(ctrl('c'));
    await screen.closed;
    expect(chats[0]?.wishes).toEqual(['interrupt 130']);
  });

  test('is asked again after another key, and after two seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { screen: opened, chats } = open('room', [connected]);
    await using screen = opened;
    await vi.waitFor(() => expect(screen.text()).toContain('● direct'));
    screen.type(`${ctrl('c')}x\u007F${ctrl('c')}`);
    await vi.waitFor(() => expect(screen.text()).toContain('Ctrl-C again leaves.'));
    vi.advanceTimersByTime(2000);
    await vi.waitFor(() => expect(screen.text()).not.toContain('Ctrl-C again leaves.'));
    expect(chats[0]?.wishes).toEqual([]);
    screen.type(ctrl('c'));
    await vi.waitFor(() => expect(screen.text()).toContain('Ctrl-C again leaves.'));
    screen.type(ctrl('c'));
    vi.useRealTimers();
    await screen.closed;
    expect(chats[0]?.wishes).toEqual(['interrupt 130']);
  });
});

test('five chats after each other leave no socket, timer or listener behind', async () => {
  expectNothingLeft();
  const server = await TestServer.start();
  const options = { ...reach(server), code: { number: 4711, words: ['velvet', 'orbit'] as const } };
  const first = new PunchedChat({ ...options, name: 'anna' });
  await using screen = openScreen([
    { chat: first, start: 'agreed', begin: () => ({ chat: new PunchedChat(options), start: 'agreed' }) },
  ]);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGCONT'] as const;
  await screen.waitFor('Waiting');
  const listeners = signals.map((signal) => process.listenerCount(signal));
  for (let round = 0; round < 5; round += 1) {
    const peer = new PunchedChat({ ...options, name: `bob ${round}` });
    await screen.waitFor(`bob ${round}`);
    await screen.waitFor(/● \S+ · bob/);
    peer.interrupt(130);
    await screen.waitFor('Enter tries again');
    screen.type('\r');
    await screen.waitFor('○ not connected');
  }
  expect(signals.map((signal) => process.listenerCount(signal))).toEqual(listeners);
  screen.type('/quit\r');
  await screen.closed;
});
