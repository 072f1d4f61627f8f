/** What the workshop says without a lab: the list, the question, hints, the solution, pages for paper. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { program, startPunchline, type Exit } from '../../../helpers/programs/punchline.ts';
import { runHere, type End } from '../../../helpers/programs/run-here.ts';
import { openTerminal } from '../../../helpers/terminal/terminal.ts';

/** A learner with a folder of state. */
function learner() {
  const state = mkdtempSync(join(tmpdir(), 'punchline-learner-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const file = join(state, 'punchline', 'workshop', 'learner.json');
  return {
    state,
    file,
    workshop: (...words: string[]): Promise<End> =>
      runHere(['workshop', ...words], { XDG_STATE_HOME: state }),
    kept: () => JSON.parse(readFileSync(file, 'utf8')) as { exercises: Record<string, unknown> },
  };
}

test('the list names all exercises, and what comes next', async () => {
  const { workshop } = learner();
  const { code, stdout } = await workshop();
  expect(code).toBe(0);
  expect(stdout.split('\n').filter((line) => /^ +\d+ {2}/.test(line))).toHaveLength(15);
  expect(stdout).toContain('0 of 15 passed.');
  expect(stdout).toContain('Go on: punchline workshop 1\n');
  const lines = (await workshop('--json')).stdout.trim().split('\n');
  expect(lines).toHaveLength(15);
  expect(JSON.parse(lines[2]!)).toEqual({
    v: 1,
    number: 3,
    id: 'reuse-the-port',
    title: 'Reuse the port',
    minutes: 15,
    core: true,
    state: 'new',
    prediction: null,
    right: null,
    attempts: 0,
    hints: 0,
    solution: false,
    seconds: 0,
  });
});

test('nothing is built before a prediction, and a script is told how to give it', async () => {
  const { state, workshop } = learner();
  const { code, stderr, stdout } = await workshop('4');
  expect(code).toBe(2);
  expect(stdout).toContain('How many SYN+ACKs follow? (0 to 10, packets)');
  expect(stderr).toBe(
    'punchline: exercise 4 needs your prediction first\npunchline workshop 4 --predict 0\n',
  );
  expect((await workshop('list')).stdout).toContain('0 of 15 passed.');
  expect(() => readFileSync(join(state, 'punchline', 'workshop', 'learner.json'))).toThrow('ENOENT');
});

test.each([
  [['4', '--predict', 'two'], "'two' is not a number from 0 to 10"],
  [['16'], "there is no exercise '16'"],
  [['verdict'], 'no exercise was started yet'],
  [['verdict', '4'], 'exercise 4 was not started yet'],
  [['solution', '4'], 'there is no terminal to ask in'],
  [['print'], 'one of --handout and --instructor is needed'],
  [['verdict', '4', '--caht', 'a=b'], "there is no option '--caht'"],
])('workshop %j is refused', async (words, told) => {
  const { code, stderr } = await learner().workshop(...words);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(told) as string });
});

test('on a terminal the prediction is asked for, and a mistyped one again', async () => {
  const { state } = learner();
  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, 'workshop', '4', '--plain'],
    env: { XDG_STATE_HOME: state },
  });
  await terminal.waitFor(/Your prediction:/);
  terminal.write('two\r');
  await terminal.waitFor(/'two' is not a number from 0 to 10/);
  terminal.write('\u0004');
  expect(await terminal.exit).toMatchObject({ exitCode: 2 });
});

test('each hint is stronger than the one before, and all are counted', async () => {
  const { kept, workshop } = learner();
  expect((await workshop('hint', '4')).stdout).toMatch(/^Hint 1 of 3\n[^]*$/);
  expect((await workshop('hint', '4')).stdout).toContain('Hint 2 of 3');
  expect((await workshop('hint', '4')).stdout).toContain('That was the last hint.');
  await workshop('hint', '4');
  expect(kept().exercises['simultaneous-open']).toMatchObject({ hints: 3 });
  await workshop('reset', '4');
  expect(kept().exercises['simultaneous-open']).toMatchObject({ hints: 0 });
});

test('the solution is shown on demand, and that is noted', async () => {
  const { kept, workshop } = learner();
  const { code, stdout } = await workshop('solution', '4', '--yes');
  expect(code).toBe(0);
  expect(stdout).toContain('The answer to the question is 2.');
  expect(stdout).toContain('punchline chat --json --code 1000-velvet-orbit');
  expect(kept().exercises['simultaneous-open']).toMatchObject({ solution: expect.any(Number) as number });
  expect((await workshop()).stdout).toContain('solution seen');
});

test('the programs of an exercise are copied, and never over another file', async () => {
  const { state } = learner();
  function run(): Promise<Exit> {
    return startPunchline(['workshop', 'files', '5'], {
      env: { XDG_STATE_HOME: state },
      under: ['sh', '-c', `cd ${state} && exec "$@"`, 'sh'],
    }).ended();
  }
  expect(await run()).toMatchObject({ code: 0, stdout: 'old-client.c\n' });
  expect(readFileSync(join(state, 'old-client.c'), 'utf8')).toContain('int main');
  expect(await run()).toMatchObject({ code: 8, stderr: expect.stringContaining('old-client.c') as string });
});

test('a broken file of progress is told, and left alone', async () => {
  const { file, kept, workshop } = learner();
  await workshop('hint', '4');
  expect(kept().exercises).toHaveProperty('simultaneous-open');
  writeFileSync(file, '{"v":1}');
  const { code, stderr } = await workshop('hint', '4');
  expect({ code, stderr }).toEqual({ code: 8, stderr: expect.stringContaining(file) as string });
  expect(readFileSync(file, 'utf8')).toBe('{"v":1}');
});

test('the handout and the notes are printed as HTML', async () => {
  const { workshop } = learner();
  expect((await workshop('print', '--handout')).stdout).toMatch(/^<!doctype html>\n[^]*<\/html>\n$/);
  expect((await workshop('print', '--instructor')).stdout).toContain('notes for teachers');
});
