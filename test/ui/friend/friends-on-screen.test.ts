/** Friends on the screen: looking for one, keeping and removing one, and what was said and written before. */
import { describe, expect, test } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { createScriptedChat, type ScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, connecting, fromPeer } from '../../helpers/chats/story.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openScreen, type OpenScreen, type OpenScreenOptions } from '../../helpers/terminal/open-screen.ts';

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 12 },
];

/** Four days before the chat, at 14:03 local time. */
const writtenAt = new Date(2025, 11, 28, 14, 3).getTime();
const meeting: Happening = { event: 'friend', state: 'meeting', name: 'ada' };
const waits: Happening = {
  event: 'rendezvous',
  place: 'rendezvous',
  state: 'waiting',
  server: 'example.org:8877',
};
const history: readonly Happening[] = [
  { event: 'history', from: 'peer', text: 'see you tomorrow', writtenAt },
  { event: 'history', from: 'me', text: 'yes, bye', writtenAt: writtenAt + 60_000 },
];
const kept: Happening = { event: 'friend', state: 'kept', name: 'ada' };

function open(happenings: readonly Happening[], options: OpenScreenOptions = {}) {
  const chat = createScriptedChat();
  chat.emit(...happenings);
  return { chat, screen: openScreen([{ chat }], options) };
}

/** The text of the screen without its breaks into rows. */
function unwrapped(screen: OpenScreen): string {
  return screen.text().replaceAll(/\s+/g, ' ');
}

async function shows(screen: OpenScreen, text: string): Promise<void> {
  await screen.waitFor((shown) => shown.replaceAll(/\s+/g, ' ').includes(text));
  expect(screen.xterm.buffer.active.baseY).toBe(0);
}

describe.each(sizes)('in $columns columns and $rows rows', (size) => {
  test('a friend is waited for by name, and what is typed is said to wait', async () => {
    const { screen: opened } = open([meeting, ...connecting, waits], size);
    await using screen = opened;
    await shows(screen, 'Waiting for ada. You may write already: it is delivered when ada comes');
    // The story of this chat began long ago.
    await shows(screen, 'If ada never comes, ada may have removed you.');
    expect(unwrapped(screen)).not.toContain('Pass this');
    expect(screen.text()).toContain('› Message ada');
    screen.type('hello\r');
    await shows(screen, 'What you have written is delivered when ada comes, also after you have left.');
    await shows(screen, '1 message waiting');
  });

  test('what two say about being friends is told', async () => {
    const { chat, screen: opened } = open([connected, { event: 'friend', state: 'asked' }], size);
    await using screen = opened;
    await shows(screen, 'you asked to keep anna; waiting for anna to agree');
    chat.emit({ event: 'friend', state: 'offered' });
    await shows(screen, 'anna wants to keep you as a friend, so that you meet again');
    chat.emit(kept);
    await shows(screen, 'anna is kept as ada: next time, punchline chat ada');
    chat.emit({ event: 'friend', state: 'removed', name: 'ada', by: 'peer' });
    await shows(screen, 'ada has removed you as a friend: next time, you need a code');
    expect(chat.wishes).toEqual([]);
  });

  test('a friend is removed only when the command comes twice', async () => {
    const { chat, screen: opened } = open([meeting, connected], size);
    await using screen = opened;
    await screen.waitFor('direct');
    screen.type('/unfriend\r');
    await shows(screen, '/unfriend again removes ada: you two then meet only with a code');
    screen.type('x');
    await screen.waitFor('› x');
    screen.type('\u0015/unfriend\r');
    await shows(screen, '/unfriend again removes ada');
    expect(chat.wishes).toEqual([]);
    screen.type('\r');
    await eventually(() => expect(chat.wishes).toEqual(['unfriend']));
  });
});

test('an earlier conversation stands above this one, with its day and an end', async () => {
  const { chat, screen: opened } = open([meeting, ...history, ...connecting, waits]);
  await using screen = opened;
  await screen.waitFor('yes, bye');
  chat.emit({ ...connected, peer: { name: 'Ada' } }, fromPeer('here I am'));
  expect((await screen.waitFor('here I am')).split('\n').slice(-10, -3)).toEqual([
    '───────────────────────────── Sunday, December 28 ──────────────────────────────',
    '  14:03 ada  see you tomorrow',
    '  14:04 you  yes, bye',
    '─────────────────────────── 2 earlier messages above ───────────────────────────',
    '───────────────────────────── Thursday, January 1 ──────────────────────────────',
    '  12:00 ● direct line to Ada after 251 ms · /path',
    '  12:00 Ada  here I am',
  ]);
  screen.type('/find tomorrow\r');
  await screen.waitFor('1 of 1');
});

test('after /clear, what came before is not told of', async () => {
  const { chat, screen: opened } = open([meeting, ...history, ...connecting, waits]);
  await using screen = opened;
  await screen.waitFor('yes, bye');
  screen.type('/clear\r');
  await screen.waitFor((shown) => !shown.includes('yes, bye'));
  chat.emit(connected);
  expect(await screen.waitFor('direct line')).not.toContain('earlier');
});

test('a message that has waited says when it was written, and when it has arrived', async () => {
  const { chat, screen: opened } = open([
    meeting,
    { event: 'message', from: 'me', id: 'w-1', text: 'are you there?', writtenAt },
    connected,
  ]);
  await using screen = opened;
  const mark = 'are you there?  (written Sun, Dec 28, 2025, 14:03)';
  await screen.waitFor(`… 12:00 you   ${mark}`);
  chat.emit({ event: 'delivered', id: 'w-1', ms: 3 });
  await screen.waitFor(`✓ 12:00 you   ${mark}`);
  const today = new Date(2026, 0, 1, 9, 5).getTime();
  chat.emit({ event: 'message', from: 'peer', id: 'p-1', text: 'a'.repeat(64), writtenAt: today });
  await screen.waitFor(/a{64}\n {14}\(written 09:05\)/);
  // The writer chooses the number.
  chat.emit({ event: 'message', from: 'peer', id: 'p-2', text: 'b', writtenAt: 1e300 });
  expect(await screen.waitFor('b  (written at an unknown time)')).not.toContain('Invalid');
});

/** Enters lines one after the other: several in one read would be a paste. */
async function enter(chat: ScriptedChat, screen: OpenScreen, lines: readonly string[]): Promise<void> {
  for (const [index, line] of lines.entries()) {
    screen.type(`${line}\r`);
    await eventually(() => expect(chat.wishes).toHaveLength(index + 1));
  }
}

test('what waits for a friend at the end is not lost, and does not become the next draft', async () => {
  const chat = createScriptedChat();
  const next = createScriptedChat();
  chat.emit(meeting, connected);
  await using screen = openScreen([
    { chat, start: 'agreed', begin: () => ({ chat: next, start: 'agreed' }) },
  ]);
  await screen.waitFor('direct');
  await enter(chat, screen, ['one', 'two']);
  chat.emit({ event: 'ended', reason: 'peer-left', exit: 0, undelivered: 2, waitsFor: 'ada' });
  await shows(screen, 'anna has left; 2 messages wait for ada, and are delivered when you meet again');
  screen.type('\r');
  next.emit(meeting, ...history, ...connecting, waits);
  await shows(screen, 'Waiting for ada.');
  expect(unwrapped(screen)).not.toMatch(/not delivered|yes, bye|› one/);
});

test('the commands ask the chat', async () => {
  const { chat, screen: opened } = open([connected]);
  await using screen = opened;
  await screen.waitFor('direct');
  await enter(chat, screen, ['/friend', '/friend Ada L.', '/unfriend', '/forget']);
  expect(chat.wishes).toEqual(['befriend', 'befriend Ada L.', 'unfriend', 'forget']);
  await screen.waitFor('What was kept of this conversation is removed.');
  chat.emit({ event: 'ended', reason: 'peer-left', exit: 0 });
  await screen.waitFor('anna has left');
  screen.type('/friend\r');
  await screen.waitFor('The chat has ended.');
});
