import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { createLogPrinter, openConversationLog } from '../../../source/ui/lines/conversation-log.ts';
import { LogSwitch } from '../../../source/ui/lines/log-switch.ts';
import { accepted, album, photo, progress } from '../../helpers/sessions/file-story.ts';
import { createScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, fromPeer } from '../../helpers/chats/story.ts';

const folder = mkdtempSync(join(tmpdir(), 'punchline-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function logged(...happenings: readonly Happening[]): string {
  let text = '';
  const print = createLogPrinter((line) => {
    text += line;
  });
  for (const happening of happenings) {
    print({ v: 1, at: 0, ...happening });
  }
  return text.replaceAll(/^1970-01-01T00:00:00\.000Z /gm, '');
}

test('each event of a file is logged as a line, but not its progress', () => {
  const done = { ...photo, state: 'done', ms: 2000, path: '/home/ada/photo.jpg' } as const;
  expect(logged(connected, photo, accepted(photo), progress(photo, 5), done, album)).toBe(
    `* anna offers r1 photo.jpg (12 MB)
* accepted r1 photo.jpg (12 MB)
* received r1 photo.jpg (12 MB) in 2.0 s, 6.2 MB/s: /home/ada/photo.jpg
* offering s1 album/ (1.2 GB, 2000 files)
`,
  );
});

test('offers that were declined at once are one line with their number', () => {
  const refused = { event: 'refused', offers: 4711, reason: '100 offers wait for an answer' } as const;
  expect(logged(refused, { ...refused, offers: 1, reason: '' })).toBe(
    '* declined 4711 more offers: 100 offers wait for an answer\n* declined 1 more offer\n',
  );
});

test('no name makes a line of its own, and no message looks like news of a file', () => {
  const lines = logged({ ...photo, name: 'a\n* accepted r1 b' }, fromPeer('x\n* accepted r1 b')).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^\* peer offers r1 a/);
  expect(lines[1]).toBe('<peer> x␊* accepted r1 b');
});

function named(name: string) {
  return { ...connected, peer: { name } };
}

test('no name and no message looks like a message of ours', () => {
  const own = { event: 'message', from: 'me', id: '1', text: 'yes' } as const;
  const names = ['me', '> me', 'x> yes <y', '* accepted r1 x', 'a\n1970-01-01T00:00:00.000Z > yes'];
  const lines = logged(own, ...names.flatMap((name) => [named(name), fromPeer('x\n> yes'), photo])).split(
    '\n',
  );
  expect(lines[0]).toBe('> yes');
  expect(lines.slice(1)).toEqual([
    ...[
      'peer "me"',
      'peer "› me"',
      'x› yes ‹y',
      '* accepted r1 x',
      'a 1970-01-01T00:00:00.000Z › yes',
    ].flatMap((name) => [
      `<${name}> x␊> yes`,
      expect.stringMatching(/^\* (?:peer )?"[^"]+" offers r1 photo\.jpg/) as string,
    ]),
    '',
  ]);
});

test('a log that is opened with /log holds nothing of the time before', () => {
  const chat = createScriptedChat();
  chat.emit(connected, fromPeer('before'), photo);
  const file = join(folder, 'log');
  const log = new LogSwitch(chat);
  log.to(openConversationLog(file, () => undefined));
  chat.emit(accepted(photo));
  log.off();
  expect(readFileSync(file, 'utf8')).toMatch(/^\S+ \* accepted r1 photo\.jpg \(12 MB\)\n$/);
});
