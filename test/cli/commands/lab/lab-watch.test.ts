import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, type TestContext } from 'vitest';
import type { WatchEvent } from '../../../../source/lab/watch/watch-events.ts';
import { isInstalled, toolPath } from '../../../../source/lab/tools.ts';
import { createPlace, type Place } from '../../../helpers/lab/named-labs.ts';
import { sampleWatch } from '../../../helpers/lab/sample-watch.ts';
import { needWatching } from '../../../helpers/lab/watching.ts';
import { startAgent } from '../../../helpers/programs/agent.ts';
import { runHere } from '../../../helpers/programs/run-here.ts';
import { program, startPunchline } from '../../../helpers/programs/punchline.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';
import { openTerminal } from '../../../helpers/terminal/terminal.ts';

const run = promisify(execFile);

/** A SYN to a port of the rendezvous at which nothing listens, which answers with RST. */
async function dial({ host }: Place): Promise<void> {
  const [address = ''] = (await host('class', 'rendezvous')).addresses;
  await startAgent(await host('class', 'alice')).dial({ address, port: 9 });
}

function aFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-watch-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function recordingIn(folder: string): string {
  const path = join(folder, 'class.jsonl');
  writeFileSync(path, sampleWatch.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return path;
}

test('a watch is recorded, drawn and written for Wireshark, and a replay draws the same', async (context) => {
  needWatching(context);
  for (const tool of ['capinfos', 'tshark']) {
    if (!isInstalled(tool, toolPath)) {
      skipWithout(context, `${tool} is not installed`);
    }
  }
  const place = await createPlace(context);
  const { done, folder } = place;
  const [pcapng, record, svg, again] = ['a.pcapng', 'a.jsonl', 'a.svg', 'b.svg'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  await done('up', 'class', 'alice=other-port');
  const watch = startPunchline(
    ['lab', 'watch', 'class', '--json', '--pcapng', pcapng, '--record', record, '--svg', svg],
    { env: { XDG_RUNTIME_DIR: folder } },
  );
  await watch.waitForText(/"event":"watch"/);
  await dial(place);
  await watch.waitForText(/"flags":"AR".*"delivered"/);
  watch.kill('SIGTERM');
  expect(await watch.ended()).toMatchObject({ code: 0, stdout: readFileSync(record, 'utf8'), stderr: '' });

  const events = watch.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as WatchEvent);
  const syn = events.find((event) => event.event === 'packet' && event.flags === 'S');
  expect(syn).toMatchObject({ from: 'alice', to: 'rendezvous', fate: { kind: 'delivered' } });
  const outside = syn?.event === 'packet' ? syn.sightings[1]?.source.split(':')[1] : undefined;

  const about = await run('capinfos', ['-tEMo', pcapng]);
  expect(about.stdout).toMatch(/File type:\s+pcapng/);
  expect(about.stdout).toMatch(/Strict time order:\s+True/);
  const fields = ['frame.interface_name', 'tcp.srcport', 'tcp.flags.str'];
  const { stdout: packets } = await run('tshark', [
    '-r',
    pcapng,
    '-Y',
    'tcp.flags.syn == 1 && frame.interface_name == "alice.router outside"',
    '-T',
    'fields',
    ...fields.flatMap((field) => ['-e', field]),
  ]);
  expect(packets.split('\t').slice(0, 2)).toEqual(['alice.router outside', outside]);

  await done('replay', record, '--plain', '--svg', again);
  expect(readFileSync(again, 'utf8')).toBe(readFileSync(svg, 'utf8'));
});

test('a watch ends with its lab', async (context) => {
  needWatching(context);
  const { done, folder } = await createPlace(context);
  await done('up', 'class', 'alice=cone');
  const watch = startPunchline(['lab', 'watch', 'class', '--plain'], { env: { XDG_RUNTIME_DIR: folder } });
  await watch.waitForText(/watching class/);
  await done('down', 'class');
  expect(await watch.ended()).toMatchObject({ code: 0, stderr: '' });
});

test('a file that exists is not overwritten, and nothing is watched', async (context) => {
  const { done, folder, lab } = await createPlace(context);
  const path = recordingIn(folder);
  const before = readFileSync(path, 'utf8');
  await done('up', 'class', 'alice=cone');
  const pcapng = join(folder, 'a.pcapng');
  expect(await lab('watch', 'class', '--pcapng', pcapng, '--record', path)).toMatchObject({
    code: 8,
    stdout: '',
  });
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(existsSync(pcapng)).toBe(false);
});

test('a recording is printed, and drawn step by step', async (context) => {
  const path = recordingIn(aFolder(context));
  const { code, stdout } = await runHere(['lab', 'replay', path]);
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toHaveLength(sampleWatch.length - 1);
  expect(stdout).toContain('stopped at bob.router: nobody inside has contacted this endpoint');

  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, 'lab', 'replay', path],
    env: { LANG: 'C.UTF-8' },
  });
  const first = await terminal.waitFor(/step 1 of 12/);
  expect(first).toContain('SYN 6000');
  expect(first).not.toContain('SYN_SENT');
  terminal.write('\u001B[C');
  await terminal.waitFor(/step 2 of 12/);
  terminal.write(' ');
  await terminal.waitFor(/1,023 more SYNs/);
  terminal.write('t');
  await terminal.waitFor((screen) => !screen.includes('anybody'));
  terminal.write('t');
  await terminal.waitFor((screen) => !screen.includes('SYN 6000') && screen.includes('anybody'));
  terminal.write('q');
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.buffer()).toBe('normal');
});

test('a live watch is a screen that shows what comes', async (context) => {
  needWatching(context);
  const place = await createPlace(context);
  const { done, folder } = place;
  await done('up', 'class', 'alice=cone');
  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, 'lab', 'watch', 'class'],
    env: { LANG: 'C.UTF-8', XDG_RUNTIME_DIR: folder },
  });
  await terminal.waitFor(/class: 0 packets/);
  await dial(place);
  await terminal.waitFor((screen) => /SYN \d+›9/.test(screen) && /RST 9›\d+/.test(screen));
  terminal.write('q');
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
});

test.each([
  [['watch', 'nowhere'], /there is no lab "nowhere"/],
  [['watch', 'class', '--plain', '--json'], /exclude each other/],
  [['replay', '/nonexistent/a.jsonl'], /cannot be read: it is not there/],
])('lab %j is refused', async (words, why) => {
  const { code, stderr } = await runHere(['lab', ...words]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(why);
});
