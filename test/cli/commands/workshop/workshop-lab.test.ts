/** A learner goes through an exercise: prediction, lab, packets, verdict, end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import { hasTmux } from '../../../../source/lab/tmux-session.ts';
import { program, startPunchline, type Exit } from '../../../helpers/programs/punchline.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';
import { openTerminal } from '../../../helpers/terminal/terminal.ts';

/** A learner with files and labs of their own, which end with the test. */
function createLearner(context: TestContext) {
  const home = mkdtempSync(join(tmpdir(), 'punchline-learner-'));
  const env = { XDG_STATE_HOME: home, XDG_RUNTIME_DIR: home };
  function run(...words: string[]): Promise<Exit> {
    return startPunchline(words, { env, input: '' }).ended();
  }
  context.onTestFinished(async () => {
    await run('lab', 'down', '--all');
    rmSync(home, { recursive: true, force: true });
  });
  return { home, env, run };
}

test('a wrong prediction and the right packets: the exercise is passed, and the verdict says what is so', async (context) => {
  const { env, home, run } = createLearner(context);
  const started = await run('workshop', '1', '--predict', '192.168.1.2:4000', '--json');
  if (started.code === 8) {
    skipWithout(context, started.stderr);
  }
  expect(started).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(started.stdout)).toMatchObject({
    event: 'exercise',
    number: 1,
    prediction: '192.168.1.2:4000',
    lab: 'w1',
    panes: [{ host: 'rendezvous' }, { host: 'alice', run: null }],
  });

  expect(await run('workshop', 'verdict')).toMatchObject({
    code: 6,
    stdout: expect.stringContaining('Start the listener at the rendezvous first') as string,
  });
  expect(await run('workshop', '1', '--predict', '1.2.3.4:5')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is written down already: 192.168.1.2:4000') as string,
  });

  const listener = startPunchline(['lab', 'listen', 'w1', 'rendezvous', '--from', '8877'], { env });
  await listener.waitForText(/listening/);
  expect(await run('lab', 'dial', 'w1', 'alice', '50.0.0.2:8877', '--from', '4000')).toMatchObject({
    code: 0,
  });
  const { code, stdout } = await run('workshop', 'verdict', '1');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.any(String) as string });
  expect(stdout).toContain('Exercise 1, Read a row of a NAT table: passed');
  expect(stdout).toContain('✗ You predicted 192.168.1.2:4000. The packets say 50.0.1.2:4000.');
  expect(stdout).toContain('RFC 4787');

  const [first = ''] = (await run('workshop', '--json')).stdout.split('\n');
  expect(JSON.parse(first)).toMatchObject({ state: 'passed', right: false, attempts: 2, hints: 0 });
  expect((await run('workshop', 'end')).stdout).toBe('The lab "w1" is gone.\n');
  expect((await run('lab', 'list')).stdout).toBe('No lab is up.\n');
  // The recording stays, and so does the verdict.
  expect((await run('workshop', 'verdict', '1')).code).toBe(0);
  const replayed = await run('lab', 'replay', join(home, 'punchline', 'workshop', 'w1.jsonl'), '--plain');
  expect(replayed).toMatchObject({ code: 0, stdout: expect.stringContaining('50.0.1.2:4000') as string });
});

test('on a terminal, the places of the exercise are panes, and the lab stays when they are left', async (context) => {
  const { env, run } = createLearner(context);
  if (!hasTmux()) {
    skipWithout(context, 'tmux is not installed');
  }
  const started = await run('workshop', '1', '--predict', '50.0.1.2:4000', '--plain');
  if (started.code === 8) {
    skipWithout(context, started.stderr);
  }
  await using terminal = openTerminal({
    command: process.execPath,
    args: [program, 'workshop', '1'],
    columns: 170,
    rows: 50,
    env,
  });
  await terminal.waitFor(/exercise 1: what to do/);
  await terminal.waitFor(/listening on port 8877/);
  await terminal.waitFor(/alice, 192\.168\.1\.2, behind a home router/);
  await terminal.waitFor(/the packets/);
  terminal.write('\u0002d');
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.text()).toContain('Then: punchline workshop verdict 1.');
  expect((await run('lab', 'list')).stdout).toContain('w1: up for');
});
