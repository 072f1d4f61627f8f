import { expect, test } from 'vitest';
import { formatInvite, parseInvite } from '../../source/protocol/invite.ts';

const code = { number: 7, words: ['velvet', 'orbit'] };

test.each([
  ['7-velvet-orbit', { code }],
  ['7-velvet-orbit@example.org', { code, server: { host: 'example.org', port: 8877 } }],
  ['  7-Velvet-Orbit@example.org:9000 ', { code, server: { host: 'example.org', port: 9000 } }],
  ['7-velvet-orbit@[2001:db8::1]:9000', { code, server: { host: '2001:db8::1', port: 9000 } }],
  ['7-velvet-orbit@[2001:db8::1]', { code, server: { host: '2001:db8::1', port: 8877 } }],
  ['7-velvet-orbit@192.0.2.1', { code, server: { host: '192.0.2.1', port: 8877 } }],
])('reads %j', (text, invite) => {
  expect(parseInvite(text)).toEqual(invite);
});

test.each([
  ['', 'the invite is empty'],
  ['@', 'the invite has no code before the @'],
  ['@example.org', 'the invite has no code before the @'],
  ['7-velvet-orbit@', 'the invite has no server after the @'],
  ['7-velvet@', 'the code has 1 word after the number, not two'],
  ['7-velvet@example.org', 'the code has 1 word after the number, not two'],
  [
    '7-velvet-orbti@example.org',
    'the second word of the code is not in the list of code words: it goes wrong at letter 4',
  ],
  ['7-velvet-orbit@example.org:99999', "'99999' is no port"],
  ['7-velvet-orbit@a@b', "'a@b' is no host name"],
  ['user@example.org', 'the code does not begin with a room number'],
])('%j: %s', (text, message) => {
  expect(() => parseInvite(text)).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE', message, hint: expect.stringMatching(/\.$/) }),
  );
});

test.each([
  '7-velvet-orbit',
  '7-velvet-orbit@example.org',
  '7-velvet-orbit@example.org:9000',
  '7-velvet-orbit@[2001:db8::1]',
  '7-velvet-orbit@[2001:db8::1]:9000',
])('%s is read and written back unchanged', (text) => {
  expect(formatInvite(parseInvite(text))).toBe(text);
});

test('the port is left out if it is 8877', () => {
  expect(formatInvite(parseInvite('7-velvet-orbit@example.org:8877'))).toBe('7-velvet-orbit@example.org');
});
