import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runLine } from '../../source/cli/run-line.ts';
import { openRendezvous } from '../helpers/servers/local-rendezvous.ts';
import { startPunchline, startServer } from '../helpers/programs/punchline.ts';
import { startRawServer } from '../helpers/strangers/raw-server.ts';

/** What a wrong command line is told: one sentence, one next step, no stack. No process is needed for that. */
async function complaint(args: readonly string[]): Promise<string> {
  vi.stubEnv('XDG_CONFIG_HOME', '/nonexistent');
  vi.stubEnv('PUNCHLINE_SERVER', undefined);
  vi.stubEnv('PUNCHLINE_CODE', undefined);
  const { complaint: text, exitCode } = await runLine(args);
  expect({ args, exitCode, text }).toMatchObject({ exitCode: 2 });
  expect(text).toMatch(/^punchline: [^\n]+\n[^\n]+\n$/);
  return text;
}

afterEach(() => void vi.unstubAllEnvs());

test('a complaint goes to stderr, and nothing to stdout', async () => {
  const { code, stderr, stdout } = await startPunchline(['serv', '--port', '0'], { input: '' }).ended();
  const told = await complaint(['serv', '--port', '0']);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: told });
});

// The build replaces the part of yargs that would answer.
test('an option that yargs adds does not exist', async () => {
  const { code, stderr, stdout } = await startPunchline(['chat', '--get-yargs-completions'], {
    input: '',
  }).ended();
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain("there is no option '--get-yargs-completions'");
});

const server = ['-s', '127.0.0.1:1'];

describe('a mistyped command', () => {
  test.each([
    [['serv'], "'serv'", 'Did you mean "punchline serve"?'],
    [['serv', '--port', '0'], "'serv'", 'punchline serve'],
    [['caht', '7-a-b'], "'caht'", 'punchline chat'],
    [['caht', '7-velvet-orbit', ...server], "'caht'", 'punchline chat'],
    [[...server, 'dmeo'], "'dmeo'", 'punchline demo'],
    [['frobnicate'], "'frobnicate'", 'chat, pipe, send, receive, forward, friends, serve, doctor'],
    [['7'], "'7'", '7-velvet-orbit@example.org'],
    [['-46'], "'-46'", '--help'],
    [['chat', '-46', ...server], "'-46'", '--help'],
    [['\u001B[31mred'], 'red', 'chat'],
  ])('%j is named, with a suggestion', async (args, value, next) => {
    const text = await complaint(args);
    expect(text).toContain(value);
    expect(text).toContain(next);
    expect(text).not.toContain('\u001B');
  });
});

test.each([['--help'], ['serve', '--port', '0'], ['chat', '--json', ...server]])(
  'a current folder that is gone is named, and nothing begins: %s',
  async (...args) => {
    const folder = mkdtempSync(join(tmpdir(), 'punchline-'));
    const under = ['sh', '-c', 'cd "$0" && rmdir "$0" && exec "$@"', folder];
    const { code, stderr, stdout } = await startPunchline(args, { input: '', under }).ended();
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
    expect(stderr).toBe(
      'punchline: the current folder is not there any more\nGo to another one, for example with "cd".\n',
    );
  },
);

describe('an option', () => {
  test.each([
    [['chat', '--frobnicate'], "'--frobnicate'"],
    [['chat', '--frob-nicate=1'], "'--frob-nicate'"],
    [['chat', '-x'], "'-x'"],
    [['serve', '--json'], "'--json'"],
    [['demo', '--server', 'x'], "'--server'"],
  ])('that does not exist is named: %j', async (args, value) => {
    const text = await complaint(args);
    expect(text).toContain(`there is no option ${value}`);
    expect(text).toContain(`See punchline ${args[0]} --help\n`);
  });

  test.each([
    [['--hlep'], 'Did you mean --help? All options: punchline --help'],
    [['--versoin'], 'Did you mean --version? All options: punchline --help'],
    [['serve', '--prot', '0'], 'Did you mean --port? All options: punchline serve --help'],
    [['serve', '--relay-minute=1'], 'Did you mean --relay-minutes?'],
    [['chat', '--no-reprot', ...server], 'Did you mean --no-report?'],
    [['chat', '-json', ...server], 'Did you mean --json?'],
    [['chat', '-server', 'example.org'], 'Did you mean --server?'],
    [['pipe', '--cdoe', '4711-velvet-orbit', ...server], 'Did you mean --code?'],
    [['lab', 'try', '--dealy', '5', 'open', 'open'], 'All options: punchline lab try --help'],
    [['lab', 'down', '--al'], 'Did you mean --all?'],
  ])('that is mistyped gets a suggestion: %j', async (args, hint) => {
    const text = await complaint(args);
    expect(text).toContain('there is no option ');
    expect(text).toContain(hint);
    expect(text).not.toContain('velvet');
  });

  test.each([
    [['lab', 'enter'], 'NAME HOST is missing\nSee punchline lab enter --help'],
    [['lab', 'enter', 'class'], 'HOST is missing\nSee punchline lab enter --help'],
    [['workshop', 'join'], 'FOLDER is missing\nSee punchline workshop join --help'],
  ])('needs its words: %j', async (args, text) => {
    expect(await complaint(args)).toContain(`punchline: ${text}\n`);
  });

  test.each([
    [['doctor', 'more', ...server], 'there is one word too many\nSee punchline doctor --help'],
    [['serve', 'more', 'and'], 'there are 2 words too many\nSee punchline serve --help'],
  ])('takes no words that follow: %j', async (args, text) => {
    expect(await complaint(args)).toContain(text);
  });

  test.each([
    [['chat', '--server'], '--server needs a value'],
    [['chat', '-s'], '-s needs a value'],
    [['chat', '--name', '--json'], '--name needs a value'],
    [['chat', '--json=maybe', ...server], "--json takes no value, and 'maybe' was given"],
    [['chat', '--no-lan=1', ...server], "--no-lan takes no value, and '1' was given"],
    [['chat', '--relay', 'sometimes', ...server], "--relay 'sometimes' is none of auto, never and always"],
    [['chat', '--heartbeat=abc', ...server], "--heartbeat 'abc' is not a number from 0.1 to 3600"],
    [['chat', '--heartbeat=0', ...server], "--heartbeat '0' is not a number"],
    [
      ['chat', '--heartbeat', '5', ...server],
      "'5' is not an invite\nThe number stands behind an equals sign: --heartbeat=5",
    ],
    [['--here', '4711'], "'4711' is not an invite\nThe number stands behind an equals sign: --here=4711"],
    [['chat', '--wait', 'long', ...server], "--wait 'long' is not a number from 0.01 to 10080"],
    [['chat', '--give-up=0', ...server], "--give-up '0' is not a number"],
    [['chat', '--attempts', '-1', ...server], "--attempts '-1' is not a whole number"],
    [['serve', '--port', '99999'], "--port '99999' is not a whole number from 0 to 65535"],
    [['serve', '--port', 'http'], "--port 'http' is not a whole number"],
    [['serve', '--probe-port=-1'], "--probe-port '-1' is not a whole number"],
    [['serve', '--probe-host', 'example.org', '--port', '0'], '--probe-host example.org is no IP address'],
    [['serve', '--log-level', 'loud'], "--log-level 'loud' is none of silent, error, warn, info and debug"],
  ])('with a wrong value is named: %j', async (args, text) => {
    expect(await complaint(args)).toContain(text);
  });

  test.each(['abc', '0', '-1', '1e9', '1.5', '', '101'])('is out of range: --attempts=%s', async (value) => {
    const text = await complaint(['chat', `--attempts=${value}`, ...server]);
    expect(text).toContain(`--attempts '${value}' is not a whole number from 1 to 100`);
  });

  test.each([
    [['--json', '--plain'], '--json and --plain exclude each other'],
    [['-4', '-6'], '-4 and -6 exclude each other'],
    [['7-velvet-orbit', '--code', '7-velvet-orbit'], 'an INVITE and --code exclude each other'],
    [['--classic', '7-velvet-orbit'], '--classic and an INVITE exclude each other'],
    [['--classic', '--code', '7-velvet-orbit'], '--classic and --code exclude each other'],
    [['--classic', '-6'], '--classic and -6 exclude each other'],
  ])('cannot go together with another: %j', async (args, text) => {
    expect(await complaint(['chat', ...args, ...server])).toContain(text);
  });
});

test.each([
  [['chat', '--frob\u001B]0;owned\u0007'], "'--frob␛]0;owned␇'"],
  [['serve', '--\u202Ex'], "'--⟨U+202E⟩x'"],
  [['chat', '--json=\u009B2J', ...server], "'⟨U+009B⟩2J' was given"],
  [['lab', 'matrix', '\u001B[31m:\u2028'], '␛[31m'],
])('an error shows what was typed as harmless text: %j', async (args, shown) => {
  const text = await complaint(args);
  expect(text).toContain(shown);
  // oxlint-disable-next-line no-control-regex -- these must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028-\u202E]/);
});

test.each([
  ['7-velvet@', 'the code has 1 word after the number, not two'],
  ['7-velvet-orbit@', 'the invite has no server after the @'],
  [
    '7-velvet-orbti',
    'the second word of the code is not in the list of code words: it goes wrong at letter 4',
  ],
  [
    '7-xylophone-orbit',
    'the first word of the code is not in the list of code words: it goes wrong at letter 1',
  ],
  ['7-velvet-orbit more', 'the code has 3 words after the number, not two'],
  ['7-velvet-orbit-more', 'the code has 3 words after the number, not two'],
  ['0-velvet-orbit', "the code does not begin with a room number: '0'"],
  ['7-velvet-orbit@example.org:99999', "'99999' is no port"],
  ['7-velvet-orbit@example.org:0', "'0' is no port"],
  ['7-velvet-orbit@example.org:', 'no port follows the colon'],
  ['7-velvet-orbit@[::1', 'lacks the closing bracket'],
  ['7-velvet-orbit@http://example.org', 'is neither HOST[:PORT] nor a URL'],
  ['7-velvet-orbit@https://example.org/v1', 'a path stands in the URL of the rendezvous'],
])('an invite %s is usage', async (invite, text) => {
  expect(await complaint([invite])).toContain(text);
  expect(await complaint(['chat', '--json', invite])).toContain(text);
});

test('no words and no terminal is wrong usage, and shows the help', async () => {
  const { code, stderr, stdout } = await startPunchline([], { input: '' }).ended();
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const text of ['punchline 7-velvet-orbit@', '  serve ', '  demo ', '--heartbeat']) {
    expect(stderr).toContain(text);
  }
  expect(stderr).toMatch(/punchline: there is no terminal to ask in\n[^\n]+\n$/);
});

test.each(['--help', '-h', 'help'])('%s goes to stdout, exit 0', async (word) => {
  const { code, stderr, stdout } = await startPunchline([word]).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('  chat [INVITE] ');
});

test('a bug ends with exit 1, its stack and the version, without the line of the bundle', async () => {
  const { options } = await openRendezvous();
  const bug = "process.nextTick(() => process.stdin.once('data', () => { throw new Error('a bug'); }))";
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` };
  const chat = startPunchline(['chat', '--json', ...options], { env });
  await chat.waitFor('invite');
  chat.write('now\n');
  const { code, stderr } = await chat.ended();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Error: a bug\n( {4}at [^\n]+\n)+punchline \d+\.\d+\.\d+, Node \d[^\n]+\n$/);
});

describe('a server that cannot be reached', () => {
  test('refuses: exit 3, with the address and what to check', async () => {
    const raw = await startRawServer();
    raw.close();
    const { code, stderr } = await startPunchline(['chat', '-s', `127.0.0.1:${raw.port}`]).ended();
    expect(code).toBe(3);
    expect(stderr).toContain(`the rendezvous 127.0.0.1:${raw.port} cannot be reached`);
    expect(stderr).toContain('it refused the connection');
    expect(stderr).toContain('punchline serve');
  });

  test('has no name: exit 3', async () => {
    const { code, stderr } = await startPunchline(['chat', '-s', 'no-such-host.invalid']).ended();
    expect(code).toBe(3);
    expect(stderr).toContain('no-such-host.invalid');
    expect(stderr).not.toContain('    at ');
  });
});

describe('serve', () => {
  test('says where it listens, and drains on SIGTERM and SIGINT with exit 0', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { port, probePort, process: running } = await startServer();
      expect(port).not.toBe(probePort);
      const [first = ''] = running.stdout.split('\n');
      expect(JSON.parse(first)).toEqual({ event: 'listening', port, probePort });
      running.kill(signal);
      expect(await running.ended()).toMatchObject({ code: 0, signal: null });
    }
  });

  test('ends with exit 8 and names the port if it is in use', async () => {
    const { port } = await openRendezvous();
    const { code, stderr, stdout } = await startPunchline([
      'serve',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
    ]).ended();
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
    expect(stderr).toContain(`port ${port}`);
    expect(stderr).toContain('--port');
    expect(stderr).not.toContain('    at ');
  });

  test('goes on if the reader of its stdout is gone', async () => {
    const { process: running, options } = await startServer();
    running.closeOutput();
    const chat = startPunchline(['chat', '--json', ...options]);
    expect(await chat.waitFor('invite')).toBeDefined();
  });
});

test('on a Node that is too old, it says so in one line, exit 2', async () => {
  const preload = fileURLToPath(new URL('../helpers/programs/old-node.cjs', import.meta.url));
  for (const args of [['--version'], ['chat'], []]) {
    const env = { NODE_OPTIONS: `--require=${preload}` };
    const { code, stderr, stdout } = await startPunchline(args, { env }).ended();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^punchline needs Node 22\.12 or newer, and this is \d+\.\d+\.\d+: [^\n]+\n$/);
  }
});
