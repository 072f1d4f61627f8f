import { expect, test } from 'vitest';
import { forwardedSource } from '../../../source/server/web/forwarded.ts';

function isProxy(address: string): boolean {
  return address.startsWith('10.');
}

test.each([
  ['for=192.0.2.60', { address: '192.0.2.60' }],
  ['for="192.0.2.60:4711"', { address: '192.0.2.60', port: 4711 }],
  ['for=192.0.2.60:4711', { address: '192.0.2.60', port: 4711 }],
  ['For="[2001:DB8::1]:4711"', { address: '2001:db8::1', port: 4711 }],
  ['for="[2001:db8::1]"', { address: '2001:db8::1' }],
  ['proto=https; for=192.0.2.60 ;by=203.0.113.43', { address: '192.0.2.60' }],
  ['for="[::ffff:192.0.2.60]:80"', { address: '192.0.2.60', port: 80 }],
  ['for="192.0.2.60:0"', { address: '192.0.2.60' }],
  ['for="192.0.2.60:99999"', { address: '192.0.2.60' }],
])('%s tells %j', (header, source) => {
  expect(forwardedSource(header, isProxy)).toEqual(source);
});

test('the last element that is no proxy of ours counts, and what stands before it is what a client may claim', () => {
  const header = 'for=198.51.100.1, for="192.0.2.60:4711", for=10.0.0.2';
  expect(forwardedSource(header, isProxy)).toEqual({ address: '192.0.2.60', port: 4711 });
});

test.each([
  '',
  'for=unknown',
  'for=_hidden',
  'for="_gazonk:4711"',
  'by=192.0.2.60',
  'for=',
  'for="',
  'for=192.0.2.60.1',
  'for="[192.0.2.60"',
  'for=10.0.0.1, for=10.0.0.2',
  'for=192.0.2.60, for=unknown',
  `for=192.0.2.60;${'x'.repeat(1024)}`,
])('%j tells nobody', (header) => {
  expect(forwardedSource(header, isProxy)).toBeUndefined();
});

test('a comma within quotes does not begin another element', () => {
  expect(forwardedSource('for="a,for=192.0.2.60"', isProxy)).toBeUndefined();
  expect(forwardedSource('secret="a,b";for=192.0.2.60', isProxy)).toEqual({ address: '192.0.2.60' });
});
