/**
 * `npm run screenshot`: takes the readme's pictures from real runs of the built
 * program, each in a pseudo-terminal of its own.
 */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { openTerminal, type Terminal } from '../helpers/terminal/terminal.ts';
import { screenSvg } from './svg.ts';

const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));

/** `home`: a home folder for the program, which runs in its `Downloads`. */
function open(args: readonly string[], columns: number, rows: number, home?: string): Terminal {
  return openTerminal({
    command: process.execPath,
    args: [program, ...args],
    columns,
    rows,
    env: { COLORTERM: 'truecolor', TZ: 'UTC', ...(home === undefined ? {} : { HOME: home }) },
    ...(home === undefined ? {} : { cwd: join(home, 'Downloads') }),
  });
}

function save(terminal: Terminal, name: string, title: string): void {
  const file = new URL(`${name}.svg`, import.meta.url);
  writeFileSync(file, screenSvg(terminal, { title }));
  process.stdout.write(`${fileURLToPath(file)}\n`);
}

async function takeDemo(): Promise<void> {
  await using terminal = open(['demo'], 112, 26);
  await terminal.waitFor(/line to .*line to /s);
  async function say(text: string): Promise<void> {
    terminal.write(`${text}\r`);
    await terminal.waitFor((screen) => screen.split(text).length === 3 && !screen.includes('… '));
  }
  await say('Can you hear me?');
  terminal.write('\u001B[17~');
  await terminal.waitFor('● Grace');
  await say('Loud and clear, and nothing in between.');
  terminal.write('\t');
  await terminal.waitFor('● Ada');
  await say('That was the punch. This is the line');
  terminal.write('hello, wor');
  await terminal.waitFor('hello, wor');
  save(terminal, 'demo', 'punchline demo');
}

async function takeChat(): Promise<void> {
  await using rendezvous = open(['serve', '--port', '0', '--probe-port', '0'], 80, 24);
  const listening = await rendezvous.waitFor(/Rendezvous on port \d+/);
  const port = /port (\d+)/.exec(listening)?.[1] ?? '';
  await using anna = open(['chat', '--server', `127.0.0.1:${port}`, '--name', 'anna'], 80, 20);
  const inviting = await anna.waitFor(/punchline chat \d[^]*This side/);
  save(anna, 'waiting', 'punchline chat');
  anna.write('/qr\r');
  await anna.waitFor('closes');
  save(anna, 'qr', '/qr');
  anna.write('\u001B');
  await anna.waitFor((screen) => !screen.includes('closes'));
  const invite = /punchline chat (\S+)/.exec(inviting)?.[1] ?? '';
  await using bob = open(['chat', invite, '--name', 'bob'], 80, 20);
  await bob.waitFor('● ');
  bob.write('hi anna, it works!\r');
  await anna.waitFor('it works!');
  anna.write('So it does. And nobody else listens?\r');
  await bob.waitFor('listens?');
  bob.write('Nobody: no server in between, all encrypted.\r');
  await anna.waitFor('all encrypted.');
  anna.write('/clear\r');
  await anna.waitFor((screen) => !screen.includes('line to'));
  bob.write('How it works: https://www.rfc-editor.org/rfc/rfc5382#section-4.3\r');
  await anna.waitFor('section-4.3');
  anna.write('I am reading it.\r');
  await anna.waitFor(/✓ .*I am reading/);
  // The terminal reports that it loses the focus, and that it gets it back.
  await anna.waitFor(/\d ms ·/);
  anna.write('\u001B[O');
  bob.write('Section 4.3 is the one.\r');
  await anna.waitFor('is the one.');
  anna.write('\u001B[I');
  save(anna, 'chat', 'punchline chat');
  anna.write('/path\r');
  await anna.waitFor('Esc closes');
  save(anna, 'path', '/path');
  anna.write('\u001B');
  await anna.waitFor((screen) => !screen.includes('Esc closes'));
  anna.write('\u001BOP');
  await anna.waitFor('Esc closes');
  save(anna, 'keys', 'F1');
  anna.write('\u001B');
  await anna.waitFor((screen) => !screen.includes('Esc closes'));
  anna.write('/verify\r');
  await anna.waitFor(/\w+ +\w+ +\w+ +\w+[^]*voice/);
  save(anna, 'verify', '/verify');
  process.kill(bob.pid, 'SIGKILL');
  anna.write('Are you still there?\r');
  await anna.waitFor(/reconnecting .*1 message waiting/);
  save(anna, 'lost', 'A lost connection');
}

async function takeStart(): Promise<void> {
  await using terminal = open([], 80, 17);
  await terminal.waitFor('Your name');
  save(terminal, 'start', 'punchline');
}

async function takeFiles(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'punchline-picture-'));
  const folder = join(home, 'Downloads');
  function write(name: string, bytes: number): void {
    writeFileSync(join(folder, name), '');
    truncateSync(join(folder, name), bytes);
  }
  try {
    mkdirSync(join(folder, 'holiday'), { recursive: true });
    write('holiday/film.mp4', 1_200_000_000);
    write('song.flac', 31_000_000);
    write('thesis.pdf', 480_000_000);
    await using rendezvous = open(['serve', '--port', '0', '--probe-port', '0'], 80, 24);
    const [, port = ''] = /port (\d+)/.exec(await rendezvous.waitFor(/Rendezvous on port \d+/)) ?? [];
    const chat = ['chat', '--server', `127.0.0.1:${port}`, '--code', '1000-velvet-orbit', '--name'];
    await using anna = open([...chat, 'anna'], 80, 17, home);
    await using bob = open([...chat, 'bob'], 80, 17, home);
    await Promise.all([anna.waitFor('● '), bob.waitFor('● ')]);
    anna.write('/clear\r');
    await anna.waitFor((screen) => !screen.includes('line to'));
    bob.write('The film is as long as the holiday was.\r');
    await anna.waitFor('holiday was');
    bob.write('/send holi\t');
    await bob.waitFor('/send holiday/');
    bob.write('\r');
    await anna.waitFor('FOLDER');
    anna.write('/accept holiday\r');
    await anna.waitFor(/^↓ holiday/m);
    anna.write('/send thesis.pdf\r');
    await bob.waitFor('thesis.pdf');
    bob.write('/accept holiday\r');
    await anna.waitFor(/^↑ thesis.pdf .* left/m);
    bob.write('/send song.flac\r');
    await anna.waitFor('song.flac');
    anna.write('I shall make popcorn.\r');
    await anna.waitFor(/✓ .*I shall/);
    await anna.waitFor(/^↓ holiday .* 1\d %/m);
    save(anna, 'files', 'Files under way');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await takeStart();
await takeDemo();
await takeChat();
await takeFiles();
