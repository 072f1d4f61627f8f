import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { connectError, lineError } from '../../source/network/sockets.ts';
import { fileTrouble } from '../../source/storage/file-trouble.ts';

/** An error as Node makes it. */
function systemError(code: string): Error {
  return Object.assign(new Error(`write ${code}`), { code, syscall: 'write' });
}

test.each([
  ['a server that is not reached', connectError],
  ['a lost line', lineError],
  ['a file', fileTrouble],
])('the reason of %s is in plain words, whatever the system says', (_, words) => {
  const codes = [...Object.keys(constants.errno), 'EAI_FAIL', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_SSL_BAD'];
  const reasons = codes.map((code) => words(systemError(code)));
  expect(reasons.filter((reason) => reason === '' || /[A-Z_]{3}/.test(reason))).toEqual([]);
  expect(words(new Error('it said nothing'))).toBe('it said nothing');
});

test('a lost line tells who or what has broken it', () => {
  expect(lineError(systemError('EPIPE'))).toBe('the other side closed the connection');
  expect(lineError(systemError('ECONNRESET'))).toBe('the connection was reset');
  expect(lineError(systemError('ETIMEDOUT'))).toBe('the other side did not answer');
  expect(lineError(systemError('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'))).toBe(
    'something on the way changed what the two sides send',
  );
});
