import { expect, test } from 'vitest';
import { toPunchlineError } from '../../source/network/to-punchline-error.ts';

test.each(['EMFILE', 'ENFILE'])(
  'a process that may open no more files (%s) is told so, and it is no bug',
  (code) => {
    const failure = toPunchlineError(Object.assign(new Error(`${code}: open '/a/file'`), { code }));
    expect(failure).toMatchObject({
      code: 'ERR_FILE',
      exitCode: 8,
      message: expect.stringContaining('too many open files'),
      hint: expect.stringContaining('ulimit -n'),
    });
  },
);

test('an unexpected error is a bug, with its stack', () => {
  const failure = toPunchlineError(new Error('surprise'));
  expect(failure).toMatchObject({ code: 'ERR_BUG', exitCode: 1 });
  expect(failure.message).toContain('to-punchline-error.test.ts');
});
