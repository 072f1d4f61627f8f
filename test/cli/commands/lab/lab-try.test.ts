import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, type TestContext } from 'vitest';
import { isInstalled, toolPath } from '../../../../source/lab/tools.ts';
import { labOrSkip } from '../../../helpers/lab/lab.ts';
import { program, startPunchline } from '../../../helpers/programs/punchline.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';
import { openTerminal } from '../../../helpers/terminal/terminal.ts';

async function requireLab(context: TestContext): Promise<void> {
  return (await labOrSkip(context, { sites: {} })).close();
}

test('two chats meet, greet each other and leave, as lines', async (context) => {
  await requireLab(context);
  const { code, stderr, stdout } = await startPunchline(
    ['lab', 'try', 'ada=port-restricted', 'counting/rst', '--delay', '0'],
    { input: '' },
  ).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^ada \| \* connected to bob: direct, 50\.0\.2\.2:\d+/m);
  expect(stdout).toMatch(/^bob \| \* connected to ada: direct, 50\.0\.1\.2:\d+/m);
  expect(stdout.match(/^ada \| <bob> Hello, world$/gm)).toHaveLength(3);
  expect(stdout.match(/^bob \| <ada> Hello, world$/gm)).toHaveLength(3);
});

test('two hosts behind one NAT meet on their own network', async (context) => {
  await requireLab(context);
  const { code, stdout } = await startPunchline(
    ['lab', 'try', 'home=random,hosts=ada+grace', '--delay', '0'],
    { input: '' },
  ).ended();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^grace \| \* connected to ada: lan, 192\.168\.1\.2:\d+/m);
});

test('a host behind a NAT behind that of a carrier meets a host elsewhere', async (context) => {
  await requireLab(context);
  const { code, stdout } = await startPunchline(
    [
      'lab',
      'try',
      'ada=port-restricted,behind=isp',
      'grace=port-restricted/rst',
      'isp=carrier',
      '--delay',
      '0',
    ],
    { input: '' },
  ).ended();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ada {3}\| \* connected to grace: direct, /m);
});

test('an impossible pair ends with exit 6 and the reason, as JSON with the name of the host', async (context) => {
  await requireLab(context);
  const { code, stdout } = await startPunchline(
    ['lab', 'try', 'random', 'address-dependent', '--delay', '0', '--attempts', '1', '--json'],
    { input: '' },
  ).ended();
  expect(code).toBe(6);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { host: string; event: string });
  for (const host of ['alice', 'bob']) {
    expect(events).toContainEqual(
      expect.objectContaining({ v: 1, host, event: 'error', code: 'ERR_PUNCH_FAILED' }),
    );
    expect(events).toContainEqual(expect.objectContaining({ v: 1, host, event: 'ended', exit: 6 }));
  }
});

test('two hosts behind one NAT that look for each other only through it are told what it does not do', async (context) => {
  await requireLab(context);
  const { code, stdout } = await startPunchline(
    ['lab', 'try', 'home=port-restricted,hosts=ada+grace', '--no-lan', '--delay', '0', '--attempts', '1'],
    { input: '' },
  ).ended();
  expect(code).toBe(6);
  expect(stdout).toMatch(/both sides are behind one NAT, and it does not lead back/);
  expect(stdout).toMatch(/allow it on both sides, with --relay auto\./);
  expect(stdout).not.toMatch(/usually connect|no-relay/);
});

test('the words for the chats are those of a chat: dialled from a fresh port, they fail', async (context) => {
  await requireLab(context);
  const { code, stdout } = await startPunchline(
    ['lab', 'try', 'port-restricted', 'port-restricted', '--delay', '0', '--attempts', '1', '--fresh-port'],
    { input: '' },
  ).ended();
  expect(code).toBe(6);
  expect(stdout).toMatch(/the dials left from a fresh port/);
});

test('two chats of the old protocol greet each other', async (context) => {
  await requireLab(context);
  const { code, stderr, stdout } = await startPunchline(
    ['lab', 'try', 'port-restricted', 'full-cone', '--delay', '0', '--classic'],
    { input: '' },
  ).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^alice \| .*heartbeat 3 received.*: Hello, world$/m);
  expect(stdout).toMatch(/^bob {3}\| .*heartbeat 3 received.*: Hello, world$/m);
});

test('a relay carries what cannot be punched, and the lab stays if it shall', async (context) => {
  await requireLab(context);
  const folder = mkdtempSync(join(tmpdir(), 'punchline-test-'));
  const place = { input: '', env: { XDG_RUNTIME_DIR: folder } };
  context.onTestFinished(async () => {
    await startPunchline(['lab', 'down', '--all'], place).ended();
    rmSync(folder, { recursive: true, force: true });
  });
  const { code, stderr, stdout } = await startPunchline(
    ['lab', 'try', 'random', 'random', '--delay', '0', '--relay', 'auto', '--keep', 'kept'],
    place,
  ).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^alice \| \* connected to bob: relay/m);
  expect(stdout).toMatch(
    /The lab "kept" stays\. Enter a host: punchline lab enter kept alice\n.*lab down kept\n$/,
  );
  const still = await startPunchline(
    ['lab', 'enter', 'kept', 'rendezvous', '--', 'ss', '-Hltn'],
    place,
  ).ended();
  expect({ code: still.code, stdout: still.stdout }).toEqual({ code: 0, stdout: '' });
});

test('in a terminal as lines, it lasts until the person leaves, who speaks for both', async (context) => {
  await requireLab(context);
  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, 'lab', 'try', 'ada=open', 'grace=open', '--delay', '0', '--plain'],
    rows: 60,
  });
  await terminal.waitFor('"grace: hello" goes from grace. Ctrl-D ends both.');
  terminal.write('from the first\r');
  await terminal.waitFor('grace | <ada> from the first');
  terminal.write('grace: from the second\r');
  await terminal.waitFor('ada   | <grace> from the second');
  expect(terminal.text()).not.toContain('Hello, world');
  terminal.write('\u0004');
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
});

test(
  'in a terminal tmux shows the rendezvous and both chats, and ends with them',
  { timeout: 180_000 },
  async (context) => {
    await requireLab(context);
    if (!isInstalled('tmux', toolPath)) {
      skipWithout(context, 'tmux is not installed');
    }
    // In a folder of its own, because other tests may run meanwhile.
    const folder = mkdtempSync(join(tmpdir(), 'punchline-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await using terminal = openTerminal({
      command: process.execPath,
      env: { TMPDIR: folder },
      args: [program, 'lab', 'try', 'ada=port-restricted', 'grace=random/rst', '--delay', '0'],
      columns: 140,
      rows: 40,
    });
    await terminal.waitFor(/Rendezvous on port 8877/);
    await terminal.waitFor(
      /ada · port-restricted NAT[^]*grace · random NAT[^]*F6 or a click: next pane · \/quit: leave/,
    );
    await terminal.waitFor(/line to grace/);
    await terminal.waitFor(/line to ada/);
    terminal.write('hello from grace\r');
    await terminal.waitFor(/hello from grace[^]*hello from grace/);
    terminal.write('/quit\r');
    await terminal.waitFor(/grace has left/);
    // When alice's pane is gone, the keys go to the other pane.
    await terminal.waitFor(/"ada"/);
    terminal.write('\u0004');
    const { exitCode } = await terminal.exit;
    expect(exitCode).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('punchline-try-'))).toEqual([]);
  },
);
