import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { createLineCommands } from '../../../source/ui/commands/line-commands.ts';
import { initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { LogSwitch } from '../../../source/ui/lines/log-switch.ts';
import { savePath } from '../../../source/ui/path/save-path.ts';
import { createScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openScreen } from '../../helpers/terminal/open-screen.ts';
import { wholeStory } from '../../helpers/chats/story.ts';

const chat = wholeStory.reduce(
  (state, happening, index) => reduceChat(state, { v: 1, at: index * 50, ...happening }),
  initialChatState,
);

function aFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'punchline-svg-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('the ladder is drawn into a new file that only the user can read', async () => {
  const file = join(aFolder(), 'path.svg');
  expect(await savePath(chat, file)).toEqual({ notice: `The ladder is in ${file} now.` });
  const svg = readFileSync(file, 'utf8');
  expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
  expect(svg).toContain('>direct to anna over IPv4</text>');
  expect(svg).toContain('>SYN to :4242</text>');
  expect(svg).toContain('>TLS 1.3 · both proved the code</text>');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('an existing file is never overwritten, and the sentence says what to do', async () => {
  const file = join(aFolder(), 'path.svg');
  writeFileSync(file, 'mine');
  expect(await savePath(chat, file)).toEqual({
    wrong: `${file} exists already, and is not overwritten. Choose another name, or delete it first.`,
  });
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

test('a folder that is missing, or is no folder, is named', async () => {
  const folder = aFolder();
  expect(await savePath(chat, join(folder, 'none/path.svg'))).toEqual({
    wrong: `${folder}/none/path.svg cannot be written: there is no folder ${folder}/none. Make it first, or choose another one.`,
  });
  writeFileSync(join(folder, 'file'), '');
  const done = await savePath(chat, join(folder, 'file/path.svg'));
  expect(done).toEqual({
    wrong: `${folder}/file/path.svg cannot be written: ${folder}/file is not a folder. Choose another place.`,
  });
});

test('a path is read as Tab writes it: quoted, escaped, and from the home folder', async () => {
  const folder = aFolder();
  mkdirSync(join(folder, 'two words'));
  await savePath(chat, `"${folder}/two words/a.svg"`);
  await savePath(chat, `${folder}/two\\ words/b.svg`);
  expect(readFileSync(join(folder, 'two words/a.svg'))).toEqual(
    readFileSync(join(folder, 'two words/b.svg')),
  );
  const { HOME } = process.env;
  onTestFinished(() => void (process.env['HOME'] = HOME ?? ''));
  process.env['HOME'] = folder;
  expect(await savePath(chat, '~/c.svg')).toEqual({ notice: `The ladder is in ${folder}/c.svg now.` });
});

test('/path --svg on the screen: Tab completes it, and a refused line stays to be corrected', async () => {
  const folder = aFolder();
  mkdirSync(join(folder, 'slides'));
  const peer = createScriptedChat();
  peer.emit(...wholeStory);
  await using screen = openScreen([{ chat: peer }]);
  await screen.waitFor('● direct');
  screen.type('/path -\t');
  await screen.waitFor('› /path --svg');
  screen.type(`${folder}/sl\t`);
  await screen.waitFor('/slides/');
  screen.type('a.svg\r');
  await screen.waitFor('a.svg now.');
  expect(readFileSync(join(folder, 'slides/a.svg'), 'utf8')).toContain('both proved the code');
  screen.type(`/path --svg ${folder}/slides/a.svg\r`);
  expect(await screen.waitFor('is not overwritten')).toContain('› /path --svg ');
});

test('/path --svg among lines of text draws the same picture', async () => {
  const file = join(aFolder(), 'path.svg');
  const peer = createScriptedChat();
  const said: string[] = [];
  const obey = createLineCommands(peer, new LogSwitch(peer), (text) => void said.push(text));
  peer.emit(...wholeStory);
  expect(obey(`/path --svg ${file}`)).toBe(true);
  await eventually(() => expect(said).toEqual([`* The ladder is in ${file} now.\n`]));
  expect(readFileSync(file, 'utf8')).toContain('>direct to anna over IPv4</text>');
  obey(`/path --svg ${file}`);
  await eventually(() => expect(said[1]).toMatch(/exists already, and is not overwritten/));
});
