import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { DoctorReport } from '../../../source/nat/doctor-report.ts';
import { freePort } from '../../helpers/servers/free-port.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program, startPunchline, startServer } from '../../helpers/programs/punchline.ts';
import { runHere } from '../../helpers/programs/run-here.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';
import { expectFields, fieldsUnder, quoted } from '../../helpers/manual-tables.ts';
import { startStunServer, truth } from '../../helpers/servers/stun-server.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';

const [text, number, boolean]: unknown[] = [expect.any(String), expect.any(Number), expect.any(Boolean)];
const endpoint = { address: text, port: number };

function doctor(...args: string[]) {
  return runHere(['doctor', ...args]);
}

test('--json prints one object on one line, and nothing else', async () => {
  const server = await startServer(['--probe-host', '127.0.0.2']);
  const { code, stdout, stderr } = await startPunchline(['doctor', '--json', ...server.options], {
    input: '',
  }).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n')).toEqual([expect.any(String), '']);
  const report = JSON.parse(stdout) as DoctorReport;
  expect(Object.keys(report)).toEqual([
    'v',
    'server',
    'ms',
    'verdict',
    'ipv4',
    'ipv6',
    'ipv6Address',
    'portMapping',
    'container',
    'nat64',
    'reach',
    'advice',
  ]);
  expect(report.ipv4).toEqual({
    tested: true,
    family: 4,
    roundTripMs: expect.any(Number),
    local: { address: '127.0.0.1', port: expect.any(Number) },
    mapped: { address: '127.0.0.1', port: expect.any(Number) },
    mapping: 'none',
    sequence: null,
    step: null,
    portPreservation: true,
    filtering: 'endpoint-independent',
    unsolicited: 'unknown',
    hairpinning: null,
  });
});

test('--json prints the fields that the manual lists, and no others', async () => {
  const rows = fieldsUnder('doctor', '# punchline doctor');
  const names = rows.flatMap((row) => row.names);
  const server = await startServer(['--probe-host', '127.0.0.2']);
  const { stdout } = await doctor('--json', '--lifetime=1', ...server.options);
  const report = JSON.parse(stdout) as { ipv4: object; ipv6: object; reach: object[] };

  const reach = rows.find((row) => row.names.includes('reach'))?.meaning ?? '';
  const [, inReach = ''] = /\[\{([^}]+)\}\]/.exec(reach) ?? [];
  for (const one of report.reach) {
    expectFields(one, inReach.split(', '), { peer: text, verdict: text, why: text });
  }
  for (const { peer, verdict } of report.reach as { peer: string; verdict: string }[]) {
    expect(quoted(reach)).toEqual(expect.arrayContaining([peer, verdict]));
  }

  expect(report.ipv6).toEqual({ tested: false, reason: text });
  const dotted = names.filter((name) => name.startsWith('.')).map((name) => name.slice(1));
  const { tested, ...found } = report.ipv4 as { tested: boolean };
  expect(tested).toBe(true);
  expectFields(found, dotted, {
    family: 4,
    roundTripMs: number,
    local: endpoint,
    mapped: endpoint,
    mapping: text,
    sequence: null,
    step: null,
    portPreservation: boolean,
    filtering: text,
    unsolicited: text,
    hairpinning: null,
  });

  expectFields(
    report,
    names.filter((name) => !name.startsWith('.') && name !== 'stun'),
    {
      v: 1,
      server: text,
      ms: number,
      verdict: text,
      ipv4: expect.any(Object),
      ipv6: expect.any(Object),
      ipv6Address: boolean,
      // No router is on the way to loopback, so none is asked.
      portMapping: { mapped: false, reason: 'there is none on the way' },
      // This may run in a container.
      container: expect.toBeOneOf([null, 'slirp', 'passt']),
      nat64: null,
      reach: expect.any(Array),
      advice: expect.any(Array),
      lifetime: { atLeastMs: number, lessThanMs: null },
    },
  );
});

test('a person gets sentences; the variable names the server, and the server names its probe port', async () => {
  const server = await openRendezvous();
  const { code, stdout, stderr } = await startPunchline(['doctor'], {
    input: '',
    env: { PUNCHLINE_SERVER: `127.0.0.1:${server.port}` },
  }).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('no NAT, our own address is seen');
  expect(stdout).toMatch(
    /^There is no NAT in front of you: direct chats with [^.]+\.\n\nYou reach a peer that has\n {2}✓ /,
  );
  expect(stdout).not.toContain('\u001B');
});

test('the lifetime comes after the report', async () => {
  const server = await openRendezvous();
  const { code, stdout } = await doctor(...server.options, '--lifetime=1');
  expect(code).toBe(0);
  expect(stdout).toMatch(/You reach a peer that has[^]*\n\nAn idle connection lives for more than 1 s\.\n$/);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s ends a long look with exit %i, and what was found stands', async (signal, exit) => {
  const server = await openRendezvous();
  const running = startPunchline(['doctor', ...server.options, '--lifetime'], { input: '' });
  await running.waitForText(/You reach a peer that has/);
  running.kill(signal);
  expect(await running.ended()).toMatchObject({ code: exit, stderr: '' });
});

describe('with --stun', () => {
  test('--json says what each server saw, beside the fields of any report', async () => {
    const [one, other] = [await startStunServer(), await startStunServer(truth, '127.0.0.2')];
    const { code, stdout, stderr } = await doctor(
      '--json',
      '--stun',
      one.server.name,
      `--stun=${other.server.name}`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { stun, ...others } = JSON.parse(stdout) as DoctorReport;
    const names = fieldsUnder('doctor', '# punchline doctor').flatMap((row) => row.names);
    expect(Object.keys(others).toSorted()).toEqual(
      names.filter((name) => !name.startsWith('.') && name !== 'stun' && name !== 'lifetime').toSorted(),
    );
    expect(names).toContain('stun');
    expect(others).toMatchObject({
      server: `${one.server.name}, ${other.server.name}`,
      ipv4: { tested: true, mapping: 'none', filtering: 'unknown' },
      ipv6: { tested: false },
    });
    expect(stun).toEqual(
      [one, other].map(({ server }) => ({ server: server.name, family: 4, mapped: endpoint })),
    );
  });

  test('a person reads which servers were asked, and no rendezvous is, even if one is known', async () => {
    let asked = 0;
    const rendezvous = await startRawServer(() => (asked += 1));
    const server = await startStunServer();
    const { code, stdout, stderr } = await runHere(['doctor', '--stun', server.server.name], {
      PUNCHLINE_SERVER: `127.0.0.1:${rendezvous.port}`,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`\n  - ${server.server.name} over IPv4: 127.0.0.1:`);
    expect(asked).toBe(0);
  });

  test('exit 3 if nobody answers', async () => {
    const { code, stdout, stderr } = await doctor('--stun', `127.0.0.1:${await freePort()}`);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(
      /^punchline: no STUN server has told where it sees us \(127\.0\.0\.1:\d+: it refused the connection\)\n/,
    );
  });
});

describe('exit', () => {
  test.each([
    [
      [],
      'no rendezvous is named\nName one with --server HOST[:PORT], in PUNCHLINE_SERVER or in the config file, or ask STUN servers with --stun.\n',
    ],
    [['--server', 'a:b'], 'is no port'],
    [['-s', 'example.org', '-4', '-6'], '-4 and -6 exclude each other'],
    [['-s', 'example.org', '--lifetime', 'long'], '--lifetime'],
    [['-s', 'example.org', '--stun'], '--stun and --server exclude each other'],
    [['--stun', 'a:b'], "--stun: 'b' is no port"],
    [['-s', 'example.org', '--json=yes'], '--json takes no value'],
    [['7-velvet-orbit'], 'there is one word too many'],
  ])('2 for %j', async (args, message) => {
    const { code, stdout, stderr } = await doctor(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('3 if nothing listens, or another kind of server', async () => {
    const stranger = await startRawServer((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
    for (const port of [await freePort(), stranger.port]) {
      const { code, stdout, stderr } = await doctor('--json', '--server', `127.0.0.1:${port}`);
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toMatch(/^punchline: .*\n.*\n$/);
    }
  });
});

test('on a terminal, something moves at once, and nothing of it stays', async () => {
  const silent = await startRawServer();
  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, 'doctor', '-s', `127.0.0.1:${silent.port}`],
  });
  const spinner = new RegExp(`([⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]) Asking 127\\.0\\.0\\.1:${silent.port}`);
  const [, first = ''] = spinner.exec(await terminal.waitFor(spinner)) ?? [];
  await terminal.waitFor((screen) => spinner.test(screen) && !screen.includes(first));
  expect(await terminal.exit).toMatchObject({ exitCode: 3 });
  expect(terminal.text()).toMatch(/^punchline: the rendezvous/);
  expect(terminal.text()).not.toContain('Asking');
});

test.each([
  [{ TERM: 'dumb' }, /^Asking 127\.0\.0\.1:\d+ what it sees of this network\.\n/, '  ✓  ', 1],
  [{ ACCESSIBLE: '1' }, /^Asking 127\.0\.0\.1:\d+ what it sees of this network\.\n/, '  yes  ', 1],
  [{ LANG: 'C', LC_ALL: 'C' }, /^There is no NAT in front of you/, '  +  ', 3],
])('%j gets what it can show', async (env, beginning, mark, parts) => {
  const server = await openRendezvous();
  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, 'doctor', ...server.options],
    rows: 60,
    env,
  });
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.text()).toMatch(beginning);
  expect(terminal.text()).toContain(mark);
  expect(terminal.raw().split('\u001B[J', 3)).toHaveLength(parts);
});
