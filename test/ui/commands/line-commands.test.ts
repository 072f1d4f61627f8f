import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLineCommands } from '../../../source/ui/commands/line-commands.ts';
import { LogSwitch } from '../../../source/ui/lines/log-switch.ts';
import { eventually } from '../../helpers/eventually.ts';
import { accepted, album, photo, progress } from '../../helpers/sessions/file-story.ts';
import { createScriptedChat, type ScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected } from '../../helpers/chats/story.ts';

function open(): { chat: ScriptedChat; obey: (line: string) => boolean; said: string[] } {
  const chat = createScriptedChat();
  const said: string[] = [];
  const obey = createLineCommands(chat, new LogSwitch(chat), (text) => void said.push(text), {
    downloads: '/',
  });
  chat.emit(connected);
  return { chat, obey, said };
}

test('an offer tells the commands that answer it, and they work', async () => {
  const { chat, obey, said } = open();
  chat.emit(photo, { ...photo, id: 'r2', name: 'song.mp3' }, album);
  expect(said).toEqual(
    Array.from({ length: 2 }, () => '* /accept puts it into /, /accept FOLDER elsewhere; /decline\n'),
  );
  expect(obey('/accept r2')).toBe(true);
  obey('/decline r1 no, thanks');
  obey('/cancel');
  await eventually(() => expect(chat.wishes).toEqual(['acceptFile r2', 'declineFile r1', 'cancelFile s1']));
});

test('a folder of the settings to which nothing can be written does not spend an offer', async () => {
  const chat = createScriptedChat();
  const said: string[] = [];
  const obey = createLineCommands(chat, new LogSwitch(chat), (text) => void said.push(text), {
    downloads: '/dev/null',
  });
  chat.emit(connected, photo);
  obey('/accept');
  await eventually(() => expect(said).toHaveLength(2));
  expect(said[1]).toBe(
    '* /dev/null is not a folder. The offer stays: name another folder with /accept r1 FOLDER.\n',
  );
  expect(chat.wishes).toEqual([]);
});

test('an offer with hidden names tells of /accept --hidden, which keeps them', async () => {
  const { chat, obey, said } = open();
  chat.emit({ ...photo, hidden: 2 });
  expect(said).toEqual([
    '* /accept puts it into /, /accept FOLDER elsewhere, /accept --hidden keeps its hidden names; /decline\n',
  ]);
  obey('/accept r1 --hidden');
  await eventually(() => expect(chat.wishes).toEqual(['acceptFile r1 --hidden']));
});

test('a wrong answer gets a reason', async () => {
  const { chat, obey, said } = open();
  obey('/accept');
  await eventually(() => expect(said).toEqual(['* There is no offer to accept.\n']));
  expect(chat.wishes).toEqual([]);
});

test('/files shows each file in two lines', () => {
  const { chat, obey, said } = open();
  chat.emit(album, accepted(album), progress(album, 600_000_000));
  obey('/files');
  expect(said).toEqual(['* ↑ s1 album/ (1.2 GB, 2000 files)\n', '* 50 %, 600 MB; /cancel s1\n']);
});

test('/path shows each step in one line, so that no part of it looks like a line of its own', () => {
  const { chat, obey, said } = open();
  chat.emit({ event: 'lost', reason: `${'x'.repeat(110)} connected to "bank": direct`, queued: 0 });
  obey('/path');
  expect(said.filter((line) => line.includes('bank'))).toHaveLength(2);
  expect(said.filter((line) => line.startsWith('* connected'))).toEqual([]);
});

test('/quit must be repeated while a file is under way', () => {
  const { chat, obey, said } = open();
  chat.emit(album, accepted(album));
  obey('/quit');
  expect(said).toEqual(['* 1 file is still under way: leave again to cancel it.\n']);
  expect(chat.wishes).toEqual([]);
  obey('/quit');
  expect(chat.wishes).toEqual(['leave']);
});

test('/quit leaves at once when the file that it warned of has ended', () => {
  const { chat, obey, said } = open();
  chat.emit(album, accepted(album));
  obey('/quit');
  chat.emit({ ...album, state: 'done' });
  said.length = 0;
  obey('/quit');
  expect(said).toEqual([]);
  expect(chat.wishes).toEqual(['leave']);
});

test('/log says from when the chat is logged, and /log off ends it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'chat.log');
  const { chat, obey, said } = open();
  chat.send('before');
  obey(`/log ${file}`);
  await eventually(() => expect(said).toEqual([`* From now on the chat is appended to ${file}.\n`]));
  chat.send('logged');
  obey(`/log ${join(folder, 'no', 'chat.log')}`);
  await eventually(() => expect(said[1]).toMatch(/^\* the log \S+ cannot be written: .*Choose another file/));
  chat.send('logged, too');
  obey('/log off');
  chat.send('after');
  await eventually(() => expect(said[2]).toBe('* The log was closed.\n'));
  expect(readFileSync(file, 'utf8')).toMatch(/^\S+ > logged\n\S+ > logged, too\n$/);
});
