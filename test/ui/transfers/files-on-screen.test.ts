/** Files on the screen: offers, answers, progress and ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PunchlineError } from '../../../source/errors.ts';
import { eventually } from '../../helpers/eventually.ts';
import { accepted, album, photo, progress } from '../../helpers/sessions/file-story.ts';
import { hostileNames } from '../../helpers/strangers/hostile-texts.ts';
import { openScreen, type OpenScreen, type OpenScreenOptions } from '../../helpers/terminal/open-screen.ts';
import { createScriptedChat, type ScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, fromPeer } from '../../helpers/chats/story.ts';

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 12 },
  { columns: 20, rows: 6 },
];

const folder = mkdtempSync(join(tmpdir(), 'punchline-screen-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'My files'));
writeFileSync(join(folder, 'My files', 'one two.txt'), '');

async function open(options: OpenScreenOptions = {}): Promise<{ chat: ScriptedChat; screen: OpenScreen }> {
  const chat = createScriptedChat();
  chat.emit(connected);
  const screen = openScreen([{ chat }], options);
  await screen.waitFor(/^ [●*] direct/m);
  return { chat, screen };
}

/** The text of the screen without its breaks into rows. */
function unwrapped(screen: string): string {
  return screen.replaceAll(/\s+/g, ' ');
}

describe.each(sizes)('in $columns columns and $rows rows', (size) => {
  test('offer, answer, progress and end are all shown within the rows of the screen', async () => {
    const { chat, screen: opened } = await open(size);
    await using screen = opened;
    function fits(): void {
      return expect(screen.xterm.buffer.active.baseY).toBe(0);
    }
    chat.emit(photo);
    await screen.waitFor('/decline');
    fits();
    screen.type('/accept\r');
    await eventually(() => expect(chat.wishes).toEqual(['acceptFile r1']));
    chat.emit(accepted(photo));
    await screen.waitFor(/accepted|1 wait/);
    chat.emit(progress(photo, 0), progress(photo, 6_200_000));
    await screen.waitFor(/↓[^]*pho[^]* 50 %/);
    fits();
    screen.type('typed meanwhile');
    await screen.waitFor('› typed meanwhile');
    expect(screen.text()).toMatch(/↓[^]*pho[^]* 50 %[^]*› typed/);
    chat.emit({ event: 'lost', reason: 'no answer', queued: 0 });
    await screen.waitFor(/↓[^]*pho[^]* paused/);
    chat.emit({ event: 'resumed', ms: 10, resent: 0, path: 'direct' });
    chat.emit({ ...photo, state: 'done', done: photo.bytes, ms: 10_000, path: '/home/a/photo.jpg' });
    await screen.waitFor((text) => unwrapped(text).includes('/home/a/photo.jpg') && !text.includes('50 %'));
    fits();
    expect(screen.text()).toContain('› typed meanwhile');
  });

  test.each(['failed', 'cancelled', 'declined'] as const)(
    'a file that is %s is told with the side and the reason',
    async (state) => {
      const { chat, screen: opened } = await open(size);
      await using screen = opened;
      chat.emit(album, accepted(album), progress(album, 600_000_000));
      await screen.waitFor(/↑[^]*album[^]* 50 %/);
      chat.emit(
        state === 'failed'
          ? { ...album, state, reason: 'the disk is full' }
          : { ...album, state, by: 'peer', reason: 'the disk is full' },
      );
      const shown = await screen.waitFor((text) => !text.includes('50 %'));
      const told = { failed: 'the disk is full', cancelled: 'anna cancelled', declined: 'the disk is full' }[
        state
      ];
      expect(unwrapped(shown)).toContain(told);
    },
  );
});

test("an offer tells the file's name and the default folder", async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  chat.emit(photo, { ...album, id: 'r2', direction: 'received' });
  const shown = await screen.waitFor(/r2[^]*decline/);
  expect(shown).toContain(
    '12:00 anna  ↓ r1 photo.jpg (12 MB)\n                /accept takes it, /accept FOLDER elsewhere; /decline',
  );
  expect(shown).toContain('              ↓ r2 album/ (1.2 GB, 2000 files)');
});

test('an offer tells its number of hidden names and how to keep them; its end, how many were renamed', async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  const offered = { ...album, id: 'r1', direction: 'received', hidden: 3 } as const;
  chat.emit(offered);
  const shown = await screen.waitFor(/r1[^]*decline/);
  expect(unwrapped(shown)).toContain('r1 album/ (1.2 GB, 2000 files), with 3 hidden names');
  expect(unwrapped(shown)).toContain('/accept --hidden keeps its hidden names; /decline');
  screen.type('/accept --h\t');
  await screen.waitFor('› /accept --hidden');
  screen.type(` ${folder}/M\t`);
  await screen.waitFor(String.raw`My\ files/`);
  screen.type('\r');
  await eventually(() => expect(chat.wishes).toEqual([`acceptFile r1 ${folder}/My files --hidden`]));
  chat.emit({ ...offered, state: 'done', path: '/home/ada/album', unhidden: 3 });
  await screen.waitFor((text) => unwrapped(text).includes('3 hidden names begin with _ there'));
});

test('a folder of which files are missing says so, where it was offered and in /files', async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  chat.emit(album, accepted(album), progress(album, 600_000_000), {
    ...album,
    state: 'done',
    done: 1_100_000_000,
    missing: 2,
    missingFiles: [
      { path: 'logs/now', reason: 'it has changed since it was offered' },
      { path: '\u001B[31mred', reason: 'it is not there' },
    ],
  });
  const shown = unwrapped(await screen.waitFor('logs/now'));
  expect(shown).toContain(
    'you ↑ s1 album/ (1.1 GB, 1998 of 2000 files) anna has it; 2 files are missing: logs/now (it',
  );
  expect(shown).toContain('␛[31mred (it is not there)');
  screen.type('/files\r');
  await screen.waitFor((text) => unwrapped(text).includes('anna has it; 2 files are missing'));
});

test('a folder that comes without what cannot be read says so: as it is offered, at its end, and in /files', async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  const unreadableFiles = [{ path: '\u001B[31mred', reason: 'it cannot be read' }];
  const offered = { ...album, id: 'r1', direction: 'received', unreadable: 1, unreadableFiles } as const;
  chat.emit(offered);
  const what = 'anna ↓ r1 album/ (1.2 GB, 2000 files)';
  const unreadable = '␛[31mred (it cannot be read)';
  expect(unwrapped(await screen.waitFor('/decline'))).toContain(
    `${what}; 1 file or folder in it is not sent: ${unreadable}`,
  );
  chat.emit(accepted(offered), { ...offered, state: 'done', path: '/home/me/album' });
  expect(unwrapped(await screen.waitFor('is missing'))).toContain(
    `${what} received: /home/me/album; 1 file or folder is missing: ${unreadable}`,
  );
  screen.type('/files\r');
  await screen.waitFor((text) => unwrapped(text).includes('/home/me/album; 1 file or folder is missing'));
});

test('only a command answers an offer: a key that is typed as it comes is a letter', async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  chat.emit(photo);
  screen.type('y');
  await screen.waitFor('› y');
  screen.type('\r');
  await screen.waitFor(/you +y/);
  expect(chat.wishes).toEqual(['send y']);
});

describe('/accept, /decline and /cancel', () => {
  test('an id selects one of several offers; a question keeps the draft', async () => {
    const { chat, screen: opened } = await open();
    await using screen = opened;
    chat.emit(photo, { ...photo, id: 'r2', name: 'song.mp3' });
    screen.type('/accept\r');
    expect(await screen.waitFor('Which one?')).toContain('› /accept');
    screen.type('\u0005 r2\r');
    await screen.waitFor((text) => !text.includes('› /accept'));
    chat.emit(accepted({ ...photo, id: 'r2', name: 'song.mp3' }));
    screen.type('/decline too large\r');
    await eventually(() => expect(chat.wishes).toEqual(['acceptFile r2', 'declineFile r1']));
  });

  test('a folder of the settings that is not there does not spend the offer', async () => {
    const chat = createScriptedChat();
    chat.emit(connected);
    await using screen = openScreen([{ chat }], { downloads: join(folder, 'gone') });
    await screen.waitFor(/^ [●*] direct/m);
    chat.emit(photo);
    screen.type('/accept\r');
    const shown = unwrapped(await screen.waitFor('The offer stays'));
    expect(shown).toContain(
      `There is no folder ${folder}/gone. The offer stays: name another folder with /accept r1 FOLDER.`,
    );
    expect(shown).toContain('› /accept');
    expect(chat.wishes).toEqual([]);
    mkdirSync(join(folder, 'gone'));
    screen.type('/accept\r');
    await eventually(() => expect(chat.wishes).toEqual(['acceptFile r1']));
  });

  test('a wrong folder does not spend the offer; Tab completes a right one', async () => {
    const { chat, screen: opened } = await open();
    await using screen = opened;
    chat.emit(photo);
    screen.type(`/accept ${folder}/Mine\r`);
    await screen.waitFor(`There is no folder`);
    expect(chat.wishes).toEqual([]);
    screen.type('\u0017');
    screen.type(`${folder}/M\t`);
    await screen.waitFor(String.raw`My\ files/`);
    screen.type('\r');
    await eventually(() => expect(chat.wishes).toEqual([`acceptFile r1 ${folder}/My files`]));
  });

  test('/cancel ends a file under way', async () => {
    const { chat, screen: opened } = await open();
    await using screen = opened;
    screen.type('/cancel\r');
    await screen.waitFor('There is no file to cancel.');
    chat.emit(album, accepted(album), progress(album, 1));
    screen.type('\r');
    await eventually(() => expect(chat.wishes).toEqual(['cancelFile s1']));
  });
});

describe('/send', () => {
  test('Tab completes or lists the matches, and keeps what is typed meanwhile', async () => {
    const { chat, screen: opened } = await open();
    await using screen = opened;
    screen.type(`/send ${folder}/My\t`);
    await screen.waitFor(String.raw`My\ files/`);
    screen.type('\t');
    await screen.waitFor(String.raw`one\ two.txt`);
    screen.type('\r');
    await eventually(() => expect(chat.wishes).toEqual([`sendFile ${folder}/My files/one two.txt`]));
    screen.type('/send /dev/nul\tx');
    await screen.waitFor('› /send /dev/nulx');
  });

  test.each([
    ['as it is', `${folder}/My files/one two.txt`],
    ['in quotes', `'${folder}/My files/one two.txt'`],
    ['with backslashes', `${folder}/My\\ files/one\\ two.txt `],
    ['as a URL', `file://${folder}/My%20files/one%20two.txt`],
  ])('a path that is dropped on the terminal %s is read as the file', async (_, dropped) => {
    const { chat, screen: opened } = await open();
    await using screen = opened;
    screen.type('/send ');
    screen.type(`\u001B[200~${dropped}\u001B[201~`);
    screen.type('\r');
    await eventually(() => expect(chat.wishes).toEqual([`sendFile ${folder}/My files/one two.txt`]));
  });

  test('a path from the current folder stays one, because the name of that folder need not be UTF-8', async () => {
    const { chat, screen: opened } = await open();
    await using screen = opened;
    screen.type('/send package.json\r');
    await eventually(() => expect(chat.wishes).toEqual(['sendFile package.json']));
  });

  test('a file that cannot be sent gets a reason, and the command comes back unless a new draft was typed', async () => {
    const { chat, screen: opened } = await open();
    await using screen = opened;
    const refusal = Promise.withResolvers<string>();
    chat.sendFile = (path) => {
      asked.push(path);
      return refusal.promise;
    };
    const asked: string[] = [];
    screen.type('/send nothing.txt\r');
    await screen.waitFor((text) => !text.includes('/send nothing'));
    screen.type('hello');
    await screen.waitFor('› hello');
    await eventually(() => expect(asked).toHaveLength(1));
    const reason = new PunchlineError('ERR_FILE', 'nothing.txt is not there', { hint: 'Look again.' });
    refusal.reject(reason);
    expect(await screen.waitFor('nothing.txt is not there. Look again.')).toContain('› hello');
    screen.type('\u0015');
    await screen.waitFor('› Message');
    chat.sendFile = () => Promise.reject(reason);
    screen.type('/send nothing.txt\r');
    await screen.waitFor('› /send nothing.txt');
  });
});

describe('leaving', () => {
  test.each([
    ['/quit', '/quit\r'],
    ['Ctrl-D', '\u0004'],
  ])('with a file under way, %s must be repeated', async (_, keys) => {
    const { chat, screen: opened } = await open();
    await using screen = opened;
    chat.emit(album, accepted(album), progress(album, 1));
    screen.type(keys);
    await screen.waitFor('1 file is still under way');
    expect(chat.wishes).toEqual([]);
    screen.type(keys);
    await screen.closed;
    expect(chat.wishes).toEqual(['leave']);
  });

  test('Ctrl-C must be repeated, too; without files under way the rest leaves at once', async () => {
    const first = await open();
    first.chat.emit(album, accepted(album), progress(album, 1));
    first.screen.type('\u0003');
    await first.screen.waitFor('Ctrl-C again leaves and cancels 1 file.');
    first.screen.type('\u0003');
    await first.screen.closed;
    expect(first.chat.wishes).toEqual(['interrupt 130']);
    const second = await open();
    second.chat.emit(album, accepted(album), { ...album, state: 'done', ms: 1 });
    second.screen.type('/quit\r');
    await second.screen.closed;
    await second.screen.flush();
    expect(unwrapped(second.screen.text())).toContain(
      '0 messages sent, 0 received; 1 file sent, 0 received.',
    );
  });
});

test('/files lists all files with their states', async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  screen.type('/files\r');
  await screen.waitFor('No files yet');
  screen.type('\u001B[27u');
  const done = { ...photo, state: 'done', ms: 1, path: '/home/ada/photo.jpg' } as const;
  const song = { ...photo, id: 'r2', name: 'song.mp3' };
  chat.emit(photo, done, album, progress(album, 600_000_000), song, accepted(song));
  screen.type('/files\r');
  const shown = await screen.waitFor('song.mp3');
  expect(shown).toContain('↓ r1 photo.jpg (12 MB)\n  /home/ada/photo.jpg');
  expect(shown).toContain('↑ s1 album/ (1.2 GB, 2000 files)\n  50 %, 600 MB; /cancel s1');
  expect(shown).toContain('↓ r2 song.mp3 (12 MB)\n  waiting for its turn; /cancel r2');
});

test('automatically declined offers are one note, whose number grows', async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  const reason = '100 offers wait for an answer';
  function refused(offers: number) {
    return { event: 'refused', offers, reason } as const;
  }
  chat.emit(refused(700), refused(1000));
  await screen.waitFor('declined 1700 more offers: 100 offers wait for an answer');
  expect(screen.text().match(/declined/g)).toHaveLength(1);
  chat.emit(fromPeer('between'), refused(5));
  await screen.waitFor(/1700 more[^]*between[^]*declined 5 more offers/);
});

test('an offer that comes while nobody looks is marked as unread', async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  screen.type('\u001B[O');
  chat.emit(fromPeer('look at this'), photo);
  await screen.waitFor(/─ 2 new ─[^]*look at this[^]*photo\.jpg/);
  expect(screen.raw()).toContain('\u0007');
});

test('a terminal without marks shows progress in ASCII', async () => {
  const { chat, screen: opened } = await open({ settings: { ascii: true } });
  await using screen = opened;
  chat.emit(photo, accepted(photo), progress(photo, 6_200_000));
  expect(await screen.waitFor('50 %')).toMatch(/ v r1 photo\.jpg \(12 MB\) {2}=+--+ 50 %/);
});

test('with reduced motion there is no bar', async () => {
  const { chat, screen: opened } = await open({ settings: { reducedMotion: true } });
  await using screen = opened;
  chat.emit(photo, accepted(photo), progress(photo, 7_000_000));
  expect(await screen.waitFor('50 %')).toMatch(/ ↓ r1 photo\.jpg \(12 MB\) {2}50 %$/m);
});

test('a file under way has one row: its own, or one above the draft while its own is out of view', async () => {
  const { chat, screen: opened } = await open({ columns: 80, rows: 12 });
  await using screen = opened;
  chat.emit(photo, accepted(photo));
  expect(await screen.waitFor('accepted')).not.toContain('waiting');
  chat.emit(progress(photo, 0), progress(photo, 6_200_000));
  const inView = await screen.waitFor('50 %');
  expect(inView).toMatch(/12:00 anna {2}↓ r1 photo\.jpg \(12 MB\) {2}━+╸─+ 50 %/);
  expect(inView.match(/photo\.jpg/g)).toHaveLength(1);
  for (let n = 1; n <= 8; n += 1) {
    chat.emit(fromPeer(`message ${n}`));
  }
  // The row above the draft takes one from the transcript.
  const docked = await screen.waitFor(/message 8[^]*50 %/);
  expect(docked).toMatch(/^↓ photo\.jpg ━+╸─+ 50 % · .*6\.2 MB of 12 MB\n› /m);
  expect(docked.match(/photo\.jpg/g)).toHaveLength(1);
  screen.type('\u001B[5~');
  await screen.waitFor(/anna {2}↓ r1 photo\.jpg \(12 MB\) {2}━+╸─+ 50 %/);
  expect(screen.text().match(/photo\.jpg/g)).toHaveLength(1);
  screen.type('\u001B[6~/path\r');
  await screen.waitFor('closes');
  expect(screen.text()).toMatch(/^↓ photo\.jpg ━/m);
  screen.type('\u001B[27u');
  chat.emit({ ...photo, state: 'done', done: photo.bytes, ms: 10_000, path: '/home/a/photo.jpg' });
  await screen.waitFor('/home/a/photo.jpg');
  screen.type('\u001B[5~');
  // The row of the offer does not tell the end a second time.
  await screen.waitFor(/↓ r1 photo\.jpg \(12 MB\) *\n +message 1/);
});

test('the row of a file under way in another chat shows no progress of this one', async () => {
  const { entryLines } = await import('../../../source/ui/conversation/transcript-lines.ts');
  const lazyViews = await import('../../../source/ui/screen/lazy-views.ts');
  const { initialChatState, reduceChat } = await import('../../../source/ui/conversation/chat-state.ts');
  const events = [connected, photo, accepted(photo), progress(photo, 6_200_000)];
  const chat = events.reduce(
    (state, event) => reduceChat(state, { v: 1, at: 0, ...event }),
    initialChatState,
  );
  const entry = chat.transcript.entries.at(-1);
  function shown(first: number): string {
    const files = { transfers: chat.files.transfers, first, isLost: false };
    const format = { columns: 80, nameColumns: 4, hasAcks: true, lazyViews, files };
    const lines = entry === undefined ? [] : entryLines(entry, format);
    return lines
      .flat()
      .map((piece) => ('text' in piece ? piece.text : ''))
      .join('');
  }
  expect(shown(0)).toContain('50 %');
  expect(shown(2)).not.toContain('50 %');
});

test('progress redraws only its own row', async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  chat.emit(fromPeer('a message that stays'), photo, accepted(photo), progress(photo, 1_240_000));
  await screen.waitFor('10 %');
  const before = screen.raw().length;
  chat.emit(progress(photo, 6_200_000));
  await screen.waitFor('50 %');
  const drawn = screen.raw().slice(before);
  expect(drawn).not.toContain('message that stays');
  expect(drawn).not.toContain('anna');
  expect(drawn).not.toContain('Message anna');
});

test('the name of a file reaches the terminal only as text', async () => {
  const { chat, screen: opened } = await open();
  await using screen = opened;
  const names = [...hostileNames, '../../.ssh/config', String.raw`C:\x`, '.', 'é'.repeat(150)];
  for (const [n, name] of names.entries()) {
    const file = { ...photo, id: `r${n}`, name };
    chat.emit(file, accepted(file), progress(file, 1), { ...file, state: 'failed', reason: name });
    chat.emit({ ...file, id: `r${n + 1000}`, state: 'progress' });
  }
  chat.emit(fromPeer('終'));
  await screen.waitFor('終');
  screen.type('/files\r');
  await screen.waitFor('closes');
  expect(screen.text().split('\n')[0]).toMatch(/^ Punchline +with anna$/);
  expect(screen.buffer()).toBe('alternate');
  expect(screen.xterm.buffer.active.baseY).toBe(0);
  for (const sequence of ['owned\u0007', '\u001B]52', '\u001B[8m', '\u202E']) {
    expect(screen.raw()).not.toContain(sequence);
  }
});
