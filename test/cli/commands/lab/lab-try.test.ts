import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isInstalled, toolPath } from '../../../../source/lab/tools.ts';
import { labChat } from '../../../../source/lab/matrix/meeting.ts';
import { needLab } from '../../../helpers/lab/lab.ts';
import { createPlace } from '../../../helpers/lab/named-labs.ts';
import { runHere } from '../../../helpers/programs/run-here.ts';
import { program, startPunchline } from '../../../helpers/programs/punchline.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';
import { openTerminal } from '../../../helpers/terminal/terminal.ts';

test('two chats meet through the NAT of a carrier, greet each other and leave, as lines', async (context) => {
  await needLab(context);
  const { code, stderr, stdout } = await startPunchline(
    ['lab', 'try', 'ada=port-restricted,behind=isp', 'port-restricted/rst', 'isp=carrier', '--delay', '0'],
    { input: '' },
  ).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^ada \| \* connected to bob: direct, 50\.0\.1\.2:\d+/m);
  expect(stdout).toMatch(/^bob \| \* connected to ada: direct, 50\.0\.2\.2:\d+/m);
  expect(stdout.match(/^ada \| <bob> Hello, world$/gm)).toHaveLength(3);
  expect(stdout.match(/^bob \| <ada> Hello, world$/gm)).toHaveLength(3);
});

test('two hosts behind one NAT meet on their own network', async (context) => {
  await needLab(context);
  const { code, stdout } = await runHere(['lab', 'try', 'home=random,hosts=ada+grace', '--delay', '0']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^grace \| \* connected to ada: lan, 192\.168\.1\.2:\d+/m);
});

test('two hosts behind one NAT that look for each other only through it end with exit 6, and are told what it does not do', async (context) => {
  await needLab(context);
  const sites = 'home=port-restricted,hosts=ada+grace';
  const words = ['--no-lan', '--delay', '0', '--attempts', '1', '--json'];
  const { code, stdout } = await runHere(['lab', 'try', sites, ...words]);
  expect(code).toBe(6);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly host: string; readonly event: string });
  for (const host of ['ada', 'grace']) {
    expect(events).toContainEqual(
      expect.objectContaining({
        v: 1,
        host,
        event: 'error',
        code: 'ERR_PUNCH_FAILED',
        message: expect.stringMatching(
          /^(?!.*usually connect).*both sides are behind one NAT, and it does not lead back/,
        ) as string,
        hint: expect.stringMatching(/^(?!.*no-relay).*allow it on both sides, with --relay auto\./) as string,
      }),
    );
    expect(events).toContainEqual(expect.objectContaining({ v: 1, host, event: 'ended', exit: 6 }));
  }
});

test('the words for the chats are those of a chat', () => {
  const words = { attempts: 2, lan: false, freshPort: true, spray: '64x8' };
  const line = ['--attempts', '2', '--relay', 'auto', '--no-lan', '--fresh-port', '--spray', '64x8'];
  expect(labChat({ ...words, relay: 'auto' })).toEqual(['chat', ...line]);
  expect(labChat({ attempts: 2 })).toEqual(['chat', '--attempts', '2', '--relay', 'never']);
  expect(labChat({ attempts: 2, classic: true })).toEqual(['chat', '--attempts', '2', '--classic']);
});

test('two chats of the old protocol greet each other', async (context) => {
  await needLab(context);
  const sites = ['port-restricted', 'full-cone'];
  const { code, stderr, stdout } = await runHere(['lab', 'try', ...sites, '--delay', '0', '--classic']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^alice \| .*heartbeat 3 received.*: Hello, world$/m);
  expect(stdout).toMatch(/^bob {3}\| .*heartbeat 3 received.*: Hello, world$/m);
});

test('a relay carries what cannot be punched, and the lab stays if it shall', async (context) => {
  const { host, lab } = await createPlace(context);
  const words = ['random', 'random', '--delay', '0', '--relay', 'auto', '--keep', 'kept'];
  const { code, stderr, stdout } = await lab('try', ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^alice \| \* connected to bob: relay/m);
  expect(stdout).toMatch(
    /The lab "kept" stays\. Enter a host: punchline lab enter kept alice\n.*lab down kept\n$/,
  );
  const still = await (await host('kept', 'rendezvous')).exec(['ss', '-Hltn']);
  expect(still).toMatchObject({ code: 0, stdout: '' });
});

test('in a terminal as lines, it lasts until the person leaves, who speaks for both', async (context) => {
  await needLab(context);
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
    await needLab(context);
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
