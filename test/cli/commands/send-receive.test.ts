/** `punchline send` and `punchline receive`, with each other and with chats. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { program, startPunchline } from '../../helpers/programs/punchline.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { aFolder } from '../../helpers/sessions/file-sides.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';

const code = ['--code', '5000-velvet-orbit'];

function aFile(name: string, bytes: Uint8Array | string = randomBytes(300_000)) {
  const path = join(aFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

describe('send', () => {
  test('opens a room, says what to type, and ends when receive has the file', async () => {
    const { options } = await openRendezvous();
    const path = aFile('photo.jpg');
    const folder = aFolder();
    const sender = startPunchline(['send', path, ...options]);
    const [, invite = ''] = await sender.waitForText(/punchline receive (\S+)/);
    const receiver = startPunchline(['receive', invite, '--into', folder], { input: '' });
    const [sent, received] = await Promise.all([sender.ended(), receiver.ended()]);
    expect([sent.code, sent.stdout, received.code, received.stdout]).toEqual([0, '', 0, '']);
    expect(readFileSync(join(folder, 'photo.jpg')).equals(readFileSync(path))).toBe(true);
    expect(sent.stderr).toMatch(/^\* the peer has s1 photo\.jpg \(300 kB\) in [^\n]+\n$/m);
    expect(received.stderr).toMatch(/^\* received r1 photo\.jpg \(300 kB\) in [^\n]+photo\.jpg\n/m);
    expect(`${sent.stderr}${received.stderr}`).not.toMatch(/attempt|left the chat|\(host\)/);
  });

  test('hands over several paths, a folder, stdin and a text to a room that receive has opened', async () => {
    const { options } = await openRendezvous();
    const outer = aFolder();
    const album = join(outer, 'album');
    mkdirSync(album);
    writeFileSync(join(album, 'one.txt'), 'one');
    const temporary = aFolder();
    const folder = aFolder();
    const receiver = startPunchline(['receive', ...options, '--into', folder], { input: '' });
    const [, invite = ''] = await receiver.waitForText(/punchline send PATH (\S+)/);
    const words = ['send', aFile('a.bin'), album, '-', '--text', 'two\n lines', invite];
    const sender = startPunchline(words, { input: 'from a pipe', env: { TMPDIR: temporary } });
    const [sent, received] = await Promise.all([sender.ended(), receiver.ended()]);
    expect([sent.code, received.code, received.stdout]).toEqual([0, 0, 'two\n lines\n']);
    expect(readdirSync(folder).toSorted()).toEqual(['a.bin', 'album', 'stdin']);
    expect(readFileSync(join(folder, 'stdin'), 'utf8')).toBe('from a pipe');
    expect(readFileSync(join(folder, 'album', 'one.txt'), 'utf8')).toBe('one');
    expect(sent.stderr).toContain('* the text has arrived\n');
    for (const { stderr } of [sent, received]) {
      expect(stderr).toMatch(/^\* 3 of 3 files or folders have arrived, 300 kB in [^\n]+\n$/m);
    }
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('ends with 9 if the other side, a chat, declines', async () => {
    const { options } = await openRendezvous();
    const chat = startPunchline(['chat', '--json', ...code, ...options]);
    const sender = startPunchline(['send', aFile('photo.jpg'), ...code, ...options]);
    const { code: exit, stderr } = await sender.ended();
    expect(exit).toBe(9);
    expect(stderr).toContain('* the peer declined s1 photo.jpg (300 kB): nobody is there to accept it');
    await expect(chat.ended()).resolves.toMatchObject({ code: 0 });
  });

  test('tells what a chat writes, and takes no file from it', async () => {
    const { options } = await openRendezvous();
    const chat = startPunchline(['chat', '--json', '--send', aFile('back.jpg'), ...code, ...options]);
    const sender = startPunchline(['send', aFile('photo.jpg'), '--name', 'Ada', ...code, ...options]);
    const { reason } = await chat.waitFor(
      'file',
      ({ direction, state }) => direction === 'sent' && state === 'declined',
    );
    expect(reason).toBe('this side only sends');
    await sender.ended();
  });

  test('ends with 9 if the other side leaves before it has the file', async () => {
    const { options } = await openRendezvous();
    const sender = startPunchline(['send', aFile('photo.jpg'), ...code, ...options]);
    const receiver = startPunchline(['chat', '--plain', ...code, ...options], { input: '' });
    await expect(receiver.ended()).resolves.toMatchObject({ code: 0 });
    await expect(sender.ended()).resolves.toMatchObject({ code: 9 });
  });

  test.each<[string, () => string[], number, string]>([
    ['nothing', () => [], 2, 'nothing is named that could be sent'],
    ['a file that is not there', () => ['gone.jpg'], 8, 'gone.jpg cannot be sent: it is not there'],
    ['an invite alone', () => ['7-velvet-orbit@127.0.0.1'], 2, 'nothing is named that could be sent'],
    [
      'a text that is too long',
      () => ['--text', 'x'.repeat(65_537)],
      2,
      'the text has 65537 bytes; 65536 are',
    ],
    ['no text', () => ['--text', ''], 2, 'Name a text, or leave it out.'],
    [
      'neither a file nor an invite',
      () => [aFile('a'), 'gertrud'],
      2,
      "'gertrud' is neither a file, nor an invite, nor a friend",
    ],
    [
      'a code and an invite',
      () => [aFile('a'), '7-a-b', ...code],
      2,
      'an INVITE and --code exclude each other',
    ],
  ])('refuses %s, before anything begins', async (_, words, exit, text) => {
    let dials = 0;
    const { port } = await startRawServer(() => (dials += 1));
    const sender = startPunchline(['send', '-s', `127.0.0.1:${port}`, ...words()], { input: '' });
    const { code: found, stdout, stderr } = await sender.ended();
    expect({ found, stdout, dials }).toEqual({ found: exit, stdout: '', dials: 0 });
    expect(stderr).toContain(text);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'leaves nothing of stdin behind when %s comes while it reads',
    async (signal) => {
      const temporary = aFolder();
      const sender = startPunchline(['send', '-', '-s', '127.0.0.1:1'], { env: { TMPDIR: temporary } });
      sender.write('half of it');
      await eventually(() => expect(readdirSync(temporary, { recursive: true })).toHaveLength(2));
      sender.kill(signal);
      await expect(sender.ended()).resolves.toMatchObject({
        code: { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal],
      });
      expect(readdirSync(temporary)).toEqual([]);
    },
  );
});

describe('receive', () => {
  test('takes what a chat sends, until it leaves', async () => {
    const { options } = await openRendezvous();
    const folder = aFolder();
    const path = aFile('photo.jpg');
    const receiver = startPunchline(['receive', ...code, ...options, '--into', folder], { input: '' });
    const chat = startPunchline(['chat', '--json', '--send', path, ...code, ...options], {
      input: 'hello\n',
    });
    const [received, sent] = await Promise.all([receiver.ended(), chat.ended()]);
    expect([received.code, received.stdout, sent.code]).toEqual([0, 'hello\n', 0]);
    expect(readFileSync(join(folder, 'photo.jpg')).equals(readFileSync(path))).toBe(true);
  });

  test('ends with 9 if nothing was offered', async () => {
    const { options } = await openRendezvous();
    const receiver = startPunchline(['receive', ...code, ...options, '--into', aFolder()], { input: '' });
    const chat = startPunchline(['chat', '--json', ...code, ...options], { input: '' });
    await expect(chat.ended()).resolves.toMatchObject({ code: 0 });
    const { code: exit, stderr } = await receiver.ended();
    expect(exit).toBe(9);
    expect(stderr).toContain('* the other side has offered nothing\n');
  });

  test('refuses a folder that is not there, before anything begins', async () => {
    const receiver = startPunchline(['receive', '-s', '127.0.0.1:1', '--into', '/nonexistent/in'], {
      input: '',
    });
    const { code: exit, stderr } = await receiver.ended();
    expect(exit).toBe(8);
    expect(stderr).toContain('nothing can be put into /nonexistent/in: it is not there');
  });

  test('ends with 2, as the other side, if both receive', async () => {
    const { options } = await openRendezvous();
    const words = ['receive', ...code, ...options, '--into', aFolder()];
    const both = [startPunchline(words, { input: '' }), startPunchline(words, { input: '' })];
    const ends = await Promise.all(both.map((one) => one.ended()));
    for (const { code: exit, stderr } of ends) {
      expect(exit).toBe(2);
      expect(stderr).toContain('the peer runs "punchline receive", we run "punchline receive"');
      expect(stderr).toContain('One of you has to send and the other to receive: start both again.');
    }
  });

  test('asks on a terminal about each offer, and takes what is answered with Return', async () => {
    const { options } = await openRendezvous();
    const folder = aFolder();
    const words = ['receive', ...code, ...options, '--into', folder];
    await using terminal = openTerminal({
      command: process.execPath,
      args: [program, ...words],
      columns: 60,
      rows: 14,
    });
    const sender = startPunchline(['send', aFile('one.jpg'), aFile('two.jpg'), ...code, ...options]);
    await terminal.waitFor(/Take r1 one\.jpg\? \[Y\/n\] $/m);
    terminal.write('what\r');
    await terminal.waitFor(/what\n\s+Take r1 one\.jpg\? \[Y\/n\]/);
    terminal.write('\r');
    await terminal.waitFor(/Take r2 two\.jpg\? \[Y\/n\]/);
    terminal.write('n\r');
    expect(await terminal.exit).toMatchObject({ exitCode: 0 });
    await expect(sender.ended()).resolves.toMatchObject({ code: 9 });
    expect(readdirSync(folder)).toEqual(['one.jpg']);
  });

  test('declines what nobody answers on a terminal', async () => {
    const { options } = await openRendezvous();
    const folder = aFolder();
    await using terminal = openTerminal({
      command: process.execPath,
      args: [program, 'receive', ...code, ...options, '--into', folder],
    });
    const sender = startPunchline(['send', aFile('one.jpg'), ...code, ...options]);
    await terminal.waitFor(/Take r1 one\.jpg\? \[Y\/n\]/);
    terminal.write('\u0004');
    const { code: exit, stderr } = await sender.ended();
    expect([exit, readdirSync(folder)]).toEqual([9, []]);
    expect(stderr).toContain('nobody is there to take it');
    expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  });
});
