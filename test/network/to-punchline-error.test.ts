import { expect, test } from 'vitest';
import { asFailure } from '../../source/network/to-punchline-error.ts';

test.each(['EMFILE', 'ENFILE'])(
  'a process without a file left to open (%s) is told so, and is no bug',
  (code) => {
    const failure = asFailure(Object.assign(new Error(`${code}: open '/a/file'`), { code }));
    expect(failure).toMatchObject({
      code: 'ERR_FILE',
      exitCode: 8,
      message: expect.stringContaining('too many open files'),
      hint: expect.stringContaining('ulimit -n'),
    });
  },
);

test('what nobody has foreseen is a bug, with its stack', () => {
  const failure = asFailure(new Error('surprise'));
  expect(failure).toMatchObject({ code: 'ERR_BUG', exitCode: 1 });
  expect(failure.message).toContain('to-punchline-error.test.ts');
});
