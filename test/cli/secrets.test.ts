import { existsSync, readdirSync, readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorCode } from '../../source/errors.ts';
import { parseCode } from '../../source/protocol/code.ts';
import { resumeRoom } from '../../source/connect/keys/keys.ts';
import { meet } from '../../source/connect/meeting/meet.ts';
import { createMeetingContext } from '../../source/connect/meeting-context.ts';
import { serve } from '../../source/server/serve.ts';
import { startPunchline, startServer } from '../helpers/programs/punchline.ts';
import { clientOptions, type LocalRendezvous } from '../helpers/servers/local-rendezvous.ts';
import { runHere } from '../helpers/programs/run-here.ts';

/** Words that no text of the program contains, as those of its examples are. */
const code = '1234-walnut-zebra';
const words = ['walnut', 'zebra'];

function expectNoWords(text: string): void {
  for (const word of words) {
    expect(text.toLowerCase()).not.toContain(word);
  }
}

/** All that the process list shows of a process and of its children. */
function processList(pid: number): string {
  for (;;) {
    try {
      return listOnce(pid);
    } catch (error) {
      // A thread or a child has ended meanwhile, and its own children are elsewhere now.
      if (errorCode(error) !== 'ENOENT' || !existsSync(`/proc/${pid}`)) {
        throw error;
      }
    }
  }
}

/** The children are those of the threads. */
function listOnce(pid: number): string {
  const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean),
  );
  return [commandLine, ...children.map((child) => listOnce(Number(child)))].join('\n');
}

/** A server that logs as much as it can. */
function verboseServer() {
  return startServer(['--log-level', 'debug', '--log-addresses']);
}

/** The same in this process, with what it has logged. */
async function openVerbose() {
  const logged: string[] = [];
  function note(...parts: readonly unknown[]): void {
    logged.push(JSON.stringify(parts));
  }
  const logger = { debug: note, info: note, warn: note, error: note };
  const server = await serve({ port: 0, host: '127.0.0.1', logger, logAddresses: true });
  onTestFinished(() => server.destroy());
  const { port, probePort } = server;
  return { port, probePort, options: clientOptions(port, probePort), logged };
}

type Mode = 'chat' | 'pipe' | 'forward';

/** The peer of a program, in this process, which knows the keys. When it goes, the channel is lost. */
async function meetAs(server: LocalRendezvous, mode: Mode) {
  const abort = new AbortController();
  const options = {
    server: { host: '127.0.0.1', port: server.port },
    probePort: server.probePort,
    code: parseCode(code),
    mode,
    lan: false,
    relay: 'never',
  } as const;
  const context = createMeetingContext(options, () => undefined);
  const { keys, link } = await meet(context, abort.signal);
  const secrets = [...Object.values(keys), resumeRoom(keys.root)] as Uint8Array[];
  const forms = secrets.flatMap((secret) =>
    (['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(secret).toString(form)),
  );
  return { forms, leave: () => link.destroy() };
}

const waiting = /waiting/i;

describe.runIf(process.platform === 'linux')('the words and the keys of a conversation', () => {
  const ways: [string, string[], Mode, Record<string, string>][] = [
    ['--code', ['chat', '--plain', '--code', code], 'chat', {}],
    ['PUNCHLINE_CODE', ['chat', '--json'], 'chat', { PUNCHLINE_CODE: code }],
    ['an invite', ['chat', '--json', code], 'chat', {}],
    ['--code, for pipe,', ['pipe', '--code', code], 'pipe', {}],
    ['an invite, for pipe,', ['pipe', code], 'pipe', {}],
    ['an invite of several words', ['chat', '--json', ...code.split('-')], 'chat', {}],
    ['a pasted line', ['chat', '--json', `punchline chat ${code}`], 'chat', {}],
    ['an invite, for send,', ['send', '--text', 'hello', code], 'chat', {}],
    ['a pasted line, for receive,', ['receive', `punchline receive ${code}`], 'chat', {}],
    ['an invite of several words, for forward,', ['forward', '0:web:80', ...code.split('-')], 'forward', {}],
  ];

  test.each(ways)('given by %s stand in no output, log or process list', async (_, args, mode, env) => {
    const folder = mkdtempSync(join(tmpdir(), 'punchline-secrets-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const log = join(folder, 'log');
    const server = await openVerbose();
    const isChat = args[0] === 'chat';
    const own = isChat ? ['--log', log] : [];
    const program = startPunchline([...args, ...server.options, ...own], { env });
    await program.waitForText(waiting);
    expectNoWords(processList(program.pid));
    expect(processList(program.pid)).toContain('punchline');

    const { forms, leave } = await meetAs(server, mode);
    program.write('hello\n');
    await program.waitForText(/connected/i);
    leave();
    // It is back at the rendezvous, in the room of the session.
    await program.waitForText(args.includes('--json') ? /waiting[^]*waiting/ : /connection lost/);
    program.kill('SIGTERM');
    const { code: exit, stdout, stderr } = await program.ended();
    expect(exit).toBe(143);
    const all = [stdout, stderr, ...server.logged, isChat ? readFileSync(log, 'utf8') : ''];
    expect(server.logged.length).toBeGreaterThan(4);
    expectNoWords(all.join('\n'));
    for (const secret of forms) {
      expect(all.join('\n')).not.toContain(secret);
    }
  });
});

test('the words of a new room are in the event invite, and in no other', async () => {
  const server = await verboseServer();
  const program = startPunchline(['chat', '--json', ...server.options]);
  const { code: invited } = await program.waitFor('invite');
  await program.waitFor('rendezvous', ({ state }) => state === 'waiting');
  program.kill('SIGTERM');
  const { stderr } = await program.ended();
  server.process.kill('SIGTERM');
  const served = await server.process.ended();
  const others = program.events.filter(({ event }) => event !== 'invite');
  expect(others.length).toBeGreaterThan(1);
  const [, secret = ''] = /^\d+-(.*)$/.exec(invited) ?? [];
  expect(secret).toMatch(/^[a-z]+-[a-z]+$/);
  for (const text of [JSON.stringify(others), stderr, served.stdout, served.stderr]) {
    expect(text).not.toContain(secret);
  }
});

test('no error repeats the words of a code that the peer does not hold', async () => {
  const server = await verboseServer();
  const one = startPunchline(['chat', '--json', '--code', code, ...server.options]);
  await one.waitForText(waiting);
  const two = startPunchline(['chat', '--plain', '--code', '1234-zebra-walnut', ...server.options]);
  for (const { code: exit, stdout, stderr } of await Promise.all([one.ended(), two.ended()])) {
    expect(exit).toBe(5);
    expectNoWords(stdout + stderr);
  }
  expectNoWords(server.process.stdout + server.process.stderr);
});

describe('a command line that is mistyped', () => {
  test.each<[readonly string[], Record<string, string>?]>([
    [['7-walnut-zebar']],
    [['7-wlanut-zebra']],
    [['chat', '--code', '7-walnut-zebr']],
    [['chat', '--json', '7-walnut-zebra-']],
    [['pipe', '7-walnut-zebra-zebra']],
    [['walnut-zebra']],
    [['send', 'walnut', 'zebra']],
    [['send', '/etc/passwd', '7-walnut-zebar']],
    [['send', '/etc/passwd', 'walnut-zebra@https://example.org']],
    [['receive', 'walnut-zebra']],
    [['forward', 'walnut-zebra']],
    [['forward', '0:web:80', 'walnut', 'zebra']],
    [['forward', '0:web:80', '7', 'walnut', 'zebar']],
    [['walnut', 'zebra']],
    [['zebra', '7', 'walnut']],
    [['WALNUT', '–', 'zebra']],
    [['7', 'walnut', 'zebar']],
    [['7', 'walnut', 'zebra', 'zebra']],
    [['chat', '7walnut', 'zebra']],
    [['chat', '7', '-walnut', '-zebra']],
    [['“wlanut', 'zebra”']],
    [['pipe', '7 walnut zebra@example.org zebra']],
    [['chat', '7-walnut-zebra@zebra walnut']],
    [['chat', '7-walnut-zebra@7–walnut–zebra']],
    [['chat', '-s', '7 walnut zebra']],
    [['chat', '-s', '“7 wal\u200Bnut zebar”']],
    [['chat', '--wait', '7 walnut zebra']],
    [['chat', '7-walnut-zebra', '8-zebra-walnut']],
    [['chat', '-7-walnut-zebra']],
    [['chat', '--cod', '7-walnut-zebra']],
    [['chat', '--cod=7-walnut-zebra']],
    [['chat', '7-walnut-zebra', '--code', '7-walnut-zebra']],
    [['serve', '7-walnut-zebra']],
    [['doctor', '-s', '7-walnut-zebra@example.org']],
    [['chat', '-s', '7-walnut-zebra@example.org']],
    [['chat', '-s', '7-walnut-zebra']],
    [['chat', 'example.org@7-walnut-zebra']],
    [['chat'], { PUNCHLINE_CODE: '7-walnut-zebrra' }],
    [['pipe'], { PUNCHLINE_SERVER: '7-walnut-zebra' }],
  ])('%j is usage, and repeats no word of a code', async (args, env = {}) => {
    const { code: exit, stdout, stderr } = await runHere(args, env);
    expect({ exit, stdout, stderr }).toMatchObject({ exit: 2, stdout: '' });
    expect(stderr).toMatch(/^punchline: [^\n]+\n[^\n]+\n$/);
    expect(stderr).not.toMatch(/walnut|zebra?|wlanut/i);
  });
});
