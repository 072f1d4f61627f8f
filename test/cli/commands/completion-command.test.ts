import { expect, test } from 'vitest';
import { completionScript } from '../../../source/cli/completion/completion-script.ts';
import { shells } from '../../../source/cli/completion/word-source.ts';
import { loadExercises } from '../../../source/workshop/load-exercises.ts';
import { startPunchline } from '../../helpers/programs/punchline.ts';
import { runHere } from '../../helpers/programs/run-here.ts';

test.each(shells)('the script for %s goes to stdout, and nothing to stderr', async (shell) => {
  const script = completionScript(shell, loadExercises());
  expect(await runHere(['completion', shell])).toEqual({ code: 0, stdout: script, stderr: '' });
  expect(await runHere(['completion', shell.toUpperCase()])).toMatchObject({ code: 0, stdout: script });
  // The part that is written by hand stands beside the built program, too.
  expect(await startPunchline(['completion', shell]).ended()).toMatchObject({
    code: 0,
    stdout: script,
    stderr: '',
  });
});

test('another shell is refused, with those that there are', async () => {
  expect(await runHere(['completion', 'tcsh'])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "punchline: there is no completion for 'tcsh'\nThe shells are bash, zsh, fish: for example, punchline completion bash\n",
  });
  expect(await runHere(['completion'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('SHELL is missing') as string,
  });
});

test('the help of the program names the command', async () => {
  const { stdout } = await runHere(['--help']);
  expect(stdout).toMatch(/^ {2}completion SHELL /m);
  // What shells ask is no command for people.
  expect(stdout).not.toContain('__complete');
});
