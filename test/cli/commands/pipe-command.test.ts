import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { startPunchline, startServer } from '../../helpers/programs/punchline.ts';

const code = ['--code', '5000-velvet-orbit'];

/** Text, because the helper reads text. It is random, so that no part looks like another. */
function bulk() {
  return randomBytes(3_000_000).toString('base64');
}

test('carries each stdin to the other stdout, bit for bit, and ends when both directions have ended', async () => {
  const { options } = await startServer();
  const [there, back] = [bulk(), bulk()];
  const one = startPunchline(['pipe', ...code, ...options], { input: there });
  const other = startPunchline(['pipe', ...code, ...options], { input: back });
  const [ofOne, ofOther] = await Promise.all([one.ended(), other.ended()]);
  expect([ofOne.code, ofOther.code]).toEqual([0, 0]);
  expect(ofOther.stdout === there && ofOne.stdout === back).toBe(true);
});

test('half-closes: one direction goes on when the other has ended', async () => {
  const { options } = await startServer();
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
  const { options } = await startServer();
  const opener = startPunchline(['pipe', ...options], { input: '' });
  const [, invite = ''] = await opener.waitForText(/punchline pipe (\S+)/);
  const joiner = startPunchline(['pipe', invite], { input: '' });
  const [opened, joined] = await Promise.all([opener.ended(), joiner.ended()]);
  for (const { code: exit, stdout, stderr } of [opened, joined]) {
    expect([exit, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/connected to peer: lan/);
  }
});

test('facing a chat ends both with exit 2, and says why', async () => {
  const { options } = await startServer();
  const pipe = startPunchline(['pipe', ...code, ...options]);
  const chat = startPunchline(['chat', '--plain', ...code, ...options]);
  const [ofPipe, ofChat] = await Promise.all([pipe.ended(), chat.ended()]);
  expect([ofPipe.code, ofChat.code]).toEqual([2, 2]);
  expect(ofPipe.stderr).toContain('the peer runs "punchline chat", we run "punchline pipe"');
  expect(ofChat.stderr).toContain('the peer runs "punchline pipe", we run "punchline chat"');
});

test('that is interrupted exits with 130 here, and with 7 on the other side', async () => {
  const { options } = await startServer();
  const one = startPunchline(['pipe', ...code, ...options]);
  const other = startPunchline(['pipe', ...code, ...options]);
  one.write('the first half');
  await other.waitForText(/the first half/);
  one.kill('SIGINT');
  const [ofOne, ofOther] = await Promise.all([one.ended(), other.ended()]);
  expect([ofOne.code, ofOther.code]).toEqual([130, 7]);
  expect(ofOther.stderr).toMatch(/the peer gave up|before both directions/);
});

test('ends with exit 8 if the reader of its stdout is gone', async () => {
  const { options } = await startServer();
  const one = startPunchline(['pipe', ...code, ...options]);
  const other = startPunchline(['pipe', ...code, ...options]);
  one.write('first');
  await other.waitForText(/first/);
  other.closeOutput();
  one.write('second');
  expect(await other.exitCode).toBe(8);
  expect(other.stderr).toMatch(/stdout cannot be used any more/);
  expect(await one.exitCode).toBe(7);
});

test.each([['--plain'], ['--json'], ['--classic'], ['--heartbeat']])('does not know %s', async (option) => {
  const pipe = startPunchline(['pipe', option, ...code, '-s', '127.0.0.1:1']);
  const { code: exit, stderr } = await pipe.ended();
  expect(exit).toBe(2);
  expect(stderr).toContain(option.slice(2));
});
