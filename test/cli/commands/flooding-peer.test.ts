/** A peer sends all that it can send without being asked, as fast as it can, to a real program whose output nobody reads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ChatMessage } from '../../../source/protocol/chat-messages.ts';
import type { FileMessage } from '../../../source/connect/files/wire/file-messages.ts';
import { serve, type Server } from '../../../source/server/serve.ts';
import { aFolder } from '../../helpers/sessions/file-sides.ts';
import { meetToFlood, type Flood } from '../../helpers/strangers/flooding-peer.ts';
import { program, startPunchline, type Punchline } from '../../helpers/programs/punchline.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';

/** How much more memory than usual a flood may cost. */
const maxGrowth = 150_000_000;

function offer(id: number): FileMessage {
  return {
    type: 'offer',
    id,
    name: 'photo.jpg',
    bytes: 5,
    files: 1,
    isFolder: false,
    fingerprint: new Uint8Array(32),
  };
}
/** Every other offer is taken back. The events of each would take 500 bytes and more. */
const offers: Flood<FileMessage> = {
  count: 400_000,
  say: (n) =>
    n % 2 === 0 ? [offer(n)] : [offer(n), { type: 'withdraw', id: n, isFailure: true, reason: 'no' }],
};
const talk: Flood<Omit<ChatMessage, 'n'>> = {
  count: 400_000,
  say: (n) => [
    { type: 'heartbeat', text: '' },
    { type: 'name', text: `peer ${n}` },
    { type: 'typing', text: '' },
    { type: 'text', text: '' },
  ],
};

/** A program with the built library that meets a peer, and then reads neither bytes nor events. */
const deafProgram = `
  import { connect, parseCode, parseServer } from ${JSON.stringify(new URL('../../../dist/index.js', import.meta.url))};
  const [server, probePort, code] = process.argv.slice(1);
  const line = connect({
    server: parseServer(server), probePort: Number(probePort), code: parseCode(code), mode: 'chat',
  });
  line.once('happening', () => process.stdout.write('begun'));
  line.on('offer', () => undefined);
`;

let server: Server;
let lastRoom = 1000;
beforeAll(async () => {
  server = await serve({ port: 0, host: '127.0.0.1' });
});
afterAll(() => server.close());

/** A fresh code, and the options with which a program waits for the other holder of it. */
function aRoom() {
  lastRoom += 1;
  const code = `${lastRoom}-velvet-orbit`;
  const at = ['--server', `127.0.0.1:${server.port}`, '--probe-port', String(server.probePort)];
  return { code, options: ['--code', code, ...at] };
}

/** The memory of a process in bytes: now, or the most that it ever had. */
function memoryOf(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  )!;
  return 1024 * Number(kilobytes);
}

async function start(mode: 'chat' | 'pipe', args: readonly string[]): Promise<[Punchline, string]> {
  const { code, options } = aRoom();
  const side = startPunchline([mode, ...args, ...options]);
  await side.waitForText(/waiting/);
  return [side, code];
}

describe.runIf(process.platform === 'linux')('a peer that floods', () => {
  test.each<[string, 'chat' | 'pipe', () => string[]]>([
    ['chat --json', 'chat', () => ['--json']],
    ['chat --json, which takes all files', 'chat', () => ['--json', '--accept-files', aFolder()]],
    ['chat --plain with a log', 'chat', () => ['--plain', '--log', join(aFolder(), 'log')]],
    ['pipe', 'pipe', () => []],
  ])('%s whose output nobody reads is held back', async (_, mode, args) => {
    const [side, code] = await start(mode, args());
    const peer = await meetToFlood(server, mode, code);
    await side.waitForText(/connected/);
    side.stopReading();
    const idle = memoryOf(side.pid, 'VmRSS');
    const how = await peer.flood(mode === 'chat' ? { files: offers, chat: talk } : { files: offers });
    expect(memoryOf(side.pid, 'VmHWM') - idle).toBeLessThan(maxGrowth);
    expect(how).toBe('held back');
  });

  test('the peer of a program that reads nothing is held back', async () => {
    const { code } = aRoom();
    const words = [`127.0.0.1:${server.port}`, String(server.probePort), code];
    const child = spawn(process.execPath, ['--input-type=module', '-e', deafProgram, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const peer = await meetToFlood(server, 'chat', code);
    const idle = memoryOf(child.pid!, 'VmRSS');
    expect(await peer.flood({ files: offers, chat: talk })).toBe('held back');
    expect(memoryOf(child.pid!, 'VmHWM') - idle).toBeLessThan(maxGrowth);
  });

  test('a program whose output is read says how many offers were declined', async () => {
    const [side, code] = await start('chat', ['--json']);
    const peer = await meetToFlood(server, 'chat', code);
    await side.waitFor('connected');
    const idle = memoryOf(side.pid, 'VmRSS');
    expect(await peer.flood({ files: offers })).toBe('held back');
    await side.waitFor('refused', ({ offers: declined }) => declined > 500);
    expect(memoryOf(side.pid, 'VmHWM') - idle).toBeLessThan(maxGrowth);
    // Thousands were declined. Only one in a quiet second got an event of its own.
    expect(side.events.filter(({ event }) => event === 'file').length).toBeLessThan(20);
  });

  test('a screen stays usable', async () => {
    const { code, options } = aRoom();
    await using terminal = openTerminal({ command: process.execPath, args: [program, 'chat', ...options] });
    await terminal.waitFor(/waiting/i);
    const peer = await meetToFlood(server, 'chat', code);
    await terminal.waitFor('● ');
    terminal.write('typed');
    await terminal.waitFor('› typed');
    const idle = memoryOf(terminal.pid, 'VmRSS');
    expect(await peer.flood({ files: offers })).toBe('held back');
    terminal.write(' meanwhile');
    await terminal.waitFor('› typed meanwhile');
    expect(memoryOf(terminal.pid, 'VmHWM') - idle).toBeLessThan(maxGrowth);
  });
});
