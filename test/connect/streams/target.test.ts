import { expect, test } from 'vitest';
import { formatTarget, parseForward, parseTarget } from '../../../source/connect/streams/target.ts';

test.each<[string, ReturnType<typeof parseForward>]>([
  ['8080:localhost:80', { host: '127.0.0.1', port: 8080, target: { host: 'localhost', port: 80 } }],
  ['0:LOCALHOST:80', { host: '127.0.0.1', port: 0, target: { host: 'localhost', port: 80 } }],
  ['0.0.0.0:22:10.0.0.7:22', { host: '0.0.0.0', port: 22, target: { host: '10.0.0.7', port: 22 } }],
  ['[::1]:5432:[fd00::1]:5432', { host: '::1', port: 5432, target: { host: 'fd00::1', port: 5432 } }],
  [
    'localhost:1:printer.local:9100',
    { host: 'localhost', port: 1, target: { host: 'printer.local', port: 9100 } },
  ],
])('reads %s', (text, forward) => {
  expect(parseForward(text)).toEqual(forward);
});

test.each([
  '',
  '8080',
  '8080:localhost',
  'localhost:80',
  '8080:localhost:80:90:100',
  '8080:localhost:http',
  '8080::80',
  '65536:localhost:80',
  '8080:localhost:65536',
  '8080:localhost:0',
  'x y:8080:localhost:80',
  '8080:fd00::1:80',
])('refuses %j', (text) => {
  expect(() => parseForward(text)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }) as Error);
});

test('a target names its port, and is compared as it is written', () => {
  expect(formatTarget(parseTarget('Example.org:8877', '--allow'))).toBe('example.org:8877');
  expect(formatTarget(parseTarget('[FD00::1]:22', '--allow'))).toBe('[fd00::1]:22');
  expect(() => parseTarget('example.org', '--allow')).toThrow("--allow 'example.org' names no port");
});
