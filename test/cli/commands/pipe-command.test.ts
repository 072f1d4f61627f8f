import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCuttableServer } from '../../helpers/sessions/cuttable-server.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program, startPunchline } from '../../helpers/programs/punchline.ts';
import { runHere } from '../../helpers/programs/run-here.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';

const code = ['--code', '5000-velvet-orbit'];

/** Text, because the helper reads text. It is random, so that no part looks like another. */
function bulk() {
  return randomBytes(3_000_000).toString('base64');
}

/** A shell that runs `line`, in which `"$@"` is the program. */
function shell(line: string) {
  return { under: ['sh', '-c', line, 'sh'] };
}

test('carries each stdin to the other stdout, bit for bit, and ends when both directions have ended', async () => {
  const { options } = await openRendezvous();
  const [there, back] = [bulk(), bulk()];
  const one = startPunchline(['pipe', ...code, ...options], { input: there });
  const other = startPunchline(['pipe', ...code, ...options], { input: back });
  const [ofOne, ofOther] = await Promise.all([one.ended(), other.ended()]);
  expect([ofOne.code, ofOther.code]).toEqual([0, 0]);
  expect(ofOther.stdout === there && ofOne.stdout === back).toBe(true);
});

test('half-closes: one direction goes on when the other has ended', async () => {
  const { options } = await openRendezvous();
  const question = startPunchline(['pipe', ...code, ...options], { input: 'question' });
  const answer = startPunchline(['pipe', ...code, ...options]);
  await answer.waitForText(/^question/m);
  answer.write('an answer');
  await question.waitForText(/an answer/);
  answer.endInput();
  const [asked, answered] = await Promise.all([question.ended(), answer.ended()]);
  expect([asked.code, asked.stdout, answered.code, answered.stdout]).toEqual([0, 'an answer', 0, 'question']);
});

test('says what happens on stderr, and not on stdout', async () => {
  const { options } = await openRendezvous();
  const opener = startPunchline(['pipe', ...options], { input: '' });
  const [, invite = ''] = await opener.waitForText(/punchline pipe (\S+)/);
  const joiner = startPunchline(['pipe', invite], { input: '' });
  const [opened, joined] = await Promise.all([opener.ended(), joiner.ended()]);
  for (const { code: exit, stdout, stderr } of [opened, joined]) {
    expect([exit, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^\* connected to peer on this network in \d[^\n]+, encrypted$/m);
    expect(stderr).toMatch(/^\* sent 0 bytes, received 0 bytes in \d[^\n]+, 0 bytes\/s$/m);
    // Each line tells something that its reader can use: no candidate, no attempt.
    expect(stderr.split('\n').length).toBeLessThanOrEqual(6);
    expect(stderr).not.toMatch(/attempt|plan|\(host\)/);
  }
});

test('shows on a terminal how much has passed, and at the end how fast', async () => {
  const { options } = await openRendezvous();
  const line = `'${process.execPath}' '${program}' pipe ${[...code, ...options].join(' ')} < /dev/null > /dev/null`;
  await using terminal = openTerminal({ command: 'sh', args: ['-c', line] });
  const sender = startPunchline(['pipe', ...code, ...options]);
  sender.write('x'.repeat(500_000));
  await terminal.waitFor(/^sent 0 bytes · received 500 kB · \d/m);
  sender.endInput();
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.text()).toMatch(/^\* sent 0 bytes, received 500 kB in \d[^\n]+\/s$/m);
  expect(terminal.text()).not.toContain(' · ');
  expect((await sender.ended()).stderr).toMatch(/^\* sent 500 kB, received 0 bytes in /m);
});

test('facing a chat ends both with exit 2, and says why', async () => {
  const { options } = await openRendezvous();
  const pipe = startPunchline(['pipe', ...code, ...options]);
  const chat = startPunchline(['chat', '--plain', ...code, ...options]);
  const [ofPipe, ofChat] = await Promise.all([pipe.ended(), chat.ended()]);
  expect([ofPipe.code, ofChat.code]).toEqual([2, 2]);
  expect(ofPipe.stderr).toContain('the peer runs "punchline chat", we run "punchline pipe"');
  expect(ofChat.stderr).toContain('the peer runs "punchline pipe", we run "punchline chat"');
});

test('that is interrupted exits with 130 here, and with 7 on the other side', async () => {
  const { options } = await openRendezvous();
  const one = startPunchline(['pipe', ...code, ...options]);
  const other = startPunchline(['pipe', ...code, ...options]);
  one.write('the first half');
  await other.waitForText(/the first half/);
  one.kill('SIGINT');
  const [ofOne, ofOther] = await Promise.all([one.ended(), other.ended()]);
  expect([ofOne.code, ofOther.code]).toEqual([130, 7]);
  expect(ofOther.stderr).toMatch(/the peer gave up|before both directions/);
});

test('leaves with exit 7 when the peer goes, with a stdin that never ends', async () => {
  const { options } = await openRendezvous();
  const one = startPunchline(['pipe', ...code, ...options], shell('exec "$@" < /dev/zero'));
  const other = startPunchline(['pipe', ...code, ...options]);
  await other.waitForText(/connected to peer/);
  other.kill('SIGTERM');
  expect([await other.exitCode, await one.exitCode]).toEqual([143, 7]);
});

test('ends stdout with the stdin of the peer, and goes on in the other direction', async () => {
  const { options } = await openRendezvous();
  const sender = startPunchline(['pipe', ...code, ...options], { input: 'question' });
  const receiver = startPunchline(
    ['pipe', ...code, ...options],
    shell('"$@" | { cat; echo "the reader has ended" >&2; }'),
  );
  await receiver.waitForText(/the reader has ended/);
  receiver.write('an answer');
  await sender.waitForText(/an answer/);
  receiver.endInput();
  const [sent, received] = await Promise.all([sender.ended(), receiver.ended()]);
  expect([sent.code, sent.stdout, received.code, received.stdout]).toEqual([0, 'an answer', 0, 'question']);
});

test('ends stdout with a stdin that ended while the connection was lost', async () => {
  const line = await startCuttableServer();
  const { host, port } = line.options.server;
  const args = ['pipe', ...code, '--server', `${host}:${port}`, '--relay', 'always'];
  const sender = startPunchline(args);
  const receiver = startPunchline(args, shell('"$@" | { cat; echo "the reader has ended" >&2; }'));
  sender.write('before, ');
  await receiver.waitForText(/before, /);
  line.cut();
  line.drop();
  await Promise.all([sender, receiver].map((side) => side.waitForText(/connection lost/)));
  sender.write('after');
  sender.endInput();
  line.mend();
  await receiver.waitForText(/the reader has ended/);
  receiver.endInput();
  expect([(await sender.ended()).code, (await receiver.ended()).code]).toEqual([0, 0]);
  // The two streams of the reader come in any order.
  expect(receiver.stdout).toBe('before, after');
});

test('runs the example of the manual, whose tar ends before the stdin beside it', async () => {
  const page = readFileSync(new URL('../../../source/cli/manual/files.md', import.meta.url), 'utf8');
  const [, there = '', here = ''] = /^```sh\n# there:.*\n(.*)\n\n# here:.*\n(.*)\n```$/m.exec(page) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'punchline-tar-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [from, to, bin] = ['from', 'to', 'bin'].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [join(from, 'photos'), to, bin]) {
    mkdirSync(path, { recursive: true });
  }
  const photo = randomBytes(700_000);
  writeFileSync(join(from, 'photos', 'one'), photo);
  writeFileSync(join(bin, 'punchline'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, {
    mode: 0o700,
  });
  const tar = 'tar() { command tar "$@"; echo "tar ended with $?" >&2; }';
  const { port } = await openRendezvous();
  function run(line: string, where: string) {
    // A test tells neither the network nor the router of this machine that it is a place.
    const typed = line
      .replace('--here', `--server 127.0.0.1:${port}`)
      .replace('198.51.100.7:40123', `127.0.0.1:${port}`);
    return startPunchline([], {
      env: { PATH: `${bin}:${process.env['PATH']}` },
      ...shell(`cd "${where}"; ${tar}; ${typed}`),
    });
  }

  const receiver = run(there, to);
  const [, invited = ''] = await receiver.waitForText(/punchline pipe (\S+)@/);
  const sender = run(here.replace('7-velvet-orbit', invited), from);
  await receiver.waitForText(/tar ended with 0/);
  expect(readFileSync(join(to, 'photos', 'one')).equals(photo)).toBe(true);
  receiver.endInput();
  expect([(await receiver.ended()).code, (await sender.ended()).code]).toEqual([0, 0]);
});

test('waits with its exit for a reader who begins late', async () => {
  const { options } = await openRendezvous();
  // More than a pipe holds, and so little that it no longer holds back the peer.
  const sent = randomBytes(60_000).toString('base64');
  const sender = startPunchline(['pipe', ...code, ...options], { input: sent });
  // Longer than a program that is done waits for its sockets.
  const late = shell('"$@" | { sleep 4; cat; }');
  const receiver = startPunchline(['pipe', ...code, ...options], { input: '', ...late });
  expect(await sender.exitCode).toBe(0);
  const { code: exit, stdout } = await receiver.ended();
  expect([exit, stdout === sent]).toEqual([0, true]);
});

test('ends both sides when the reader of its stdout is gone, without a word to the one who started it', async () => {
  const { options } = await openRendezvous();
  // Neither stdin ever ends.
  const [one, other] = ['> /dev/null', '| head -c 1'].map((reader) =>
    startPunchline(
      ['pipe', ...code, ...options],
      shell(`yes there and back | { "$@"; echo "exit $?" >&2; } ${reader}`),
    ),
  );
  const [ofOne, ofOther] = await Promise.all([one!.ended(), other!.ended()]);
  expect(ofOther.stdout).toBe('t');
  expect(ofOther.stderr).toMatch(/^exit 8$/m);
  expect(ofOther.stderr).not.toMatch(/^punchline:/m);
  expect(ofOne.stderr).toMatch(/^exit 7$/m);
  expect(ofOne.stderr).toMatch(/the peer gave up/);
});

test('does not miss a reader that went when nothing more came for it', async () => {
  const { options } = await openRendezvous();
  const one = startPunchline(['pipe', ...code, ...options]);
  const other = startPunchline(['pipe', ...code, ...options]);
  one.write('the only bytes');
  await other.waitForText(/the only bytes/);
  other.closeOutput();
  one.endInput();
  other.endInput();
  expect([await one.exitCode, await other.exitCode]).toEqual([0, 0]);
});

test.runIf(process.platform === 'linux').each([
  ['goes on', {}],
  ['has ended', { input: '' }],
])('says so, with exit 8, if a disk takes no more, with a stdin that %s', async (_, stdin) => {
  const { options } = await openRendezvous();
  const one = startPunchline(['pipe', ...code, ...options], { input: 'text' });
  const other = startPunchline(['pipe', ...code, ...options], {
    ...stdin,
    ...shell('exec "$@" > /dev/full'),
  });
  const [ofOne, ofOther] = await Promise.all([one.ended(), other.ended()]);
  expect([ofOne.code, ofOther.code]).toEqual([7, 8]);
  expect(ofOne.stderr).toMatch(/the peer gave up/);
  expect(ofOther.stderr).toMatch(
    /^punchline: stdout cannot be used any more: the disk is full\nMake room on that disk, /m,
  );
});

test('waits for the reader on the other side, and ends with exit 7 if that one goes before it has all', async () => {
  const { options } = await openRendezvous();
  // More than a pipe holds, and so little that all of it has arrived long before it is read.
  const input = randomBytes(60_000).toString('base64');
  const sender = startPunchline(['pipe', ...code, ...options], { input });
  // Later than the answer to a goodbye is waited for where no reader is.
  const reader = shell('{ "$@"; echo "exit $?" >&2; } | { sleep 3; head -c 1; }');
  const receiver = startPunchline(['pipe', ...code, ...options], { input: '', ...reader });
  const [sent, received] = await Promise.all([sender.ended(), receiver.ended()]);
  expect(received.stderr).toMatch(/^exit 8$/m);
  expect([sent.code, received.stdout]).toEqual([7, input.slice(0, 1)]);
});

test.each([['--plain'], ['--json'], ['--classic'], ['--heartbeat']])('does not know %s', async (option) => {
  const { code: exit, stderr } = await runHere(['pipe', option, ...code, '-s', '127.0.0.1:1']);
  expect(exit).toBe(2);
  expect(stderr).toContain(option.slice(2));
});
