import { expect, test } from 'vitest';
import { redirectRefusal } from '../../../../source/connect/places/rendezvous/relay.ts';

const [global, otherGlobal, global6] = ['8.8.8.8', '9.9.9.9', '2606:4700::1'];

test.each([
  [otherGlobal, global],
  [global6, global],
  [global, global],
  [global, '10.0.0.1'],
  ['192.168.7.7', '10.0.0.1'],
  ['fd00::1', '10.0.0.1'],
  ['127.0.0.1', '127.0.0.1'],
  ['10.0.0.1', '::1'],
  ['::ffff:9.9.9.9', global],
  // From a network of IPv6 alone, all is behind its translator.
  ['64:ff9b::9.9.9.9', '64:ff9b::8.8.8.8'],
  [global6, '64:ff9b::8.8.8.8'],
])('a rendezvous may send us to %s from %s', (to, server) => {
  expect(redirectRefusal(to, server)).toBeUndefined();
});

test.each([
  ['127.0.0.1', global, 'this machine'],
  ['::ffff:127.0.0.1', global, 'this machine'],
  ['127.0.0.1', '10.0.0.1', 'this machine'],
  ['127.0.0.1', '64:ff9b::8.8.8.8', 'this machine'],
  ['10.0.0.1', '64:ff9b::8.8.8.8', 'in a private network'],
  ['::ffff:10.0.0.1', global, 'in a private network'],
  ['::127.0.0.1', '127.0.0.1', 'no address of a host'],
  ['64:ff9b::127.0.0.1', '127.0.0.1', 'no address of a host'],
  ['64:ff9b::10.0.0.1', '10.0.0.1', 'no address of a host'],
  ['64:ff9b:1::8.8.8.8', global, 'no address of a host'],
  ['2002:a00:1::1', '10.0.0.1', 'no address of a host'],
  ['2002:a9fe:a9fe::1', global, 'no address of a host'],
  ['10.0.0.1', global, 'in a private network'],
  ['100.64.0.1', global, 'in a private network'],
  ['fd00::1', global6, 'in a private network'],
  ['169.254.169.254', global, 'a link-local address'],
  ['169.254.169.254', '127.0.0.1', 'a link-local address'],
  ['224.0.0.1', '127.0.0.1', 'no address of a host'],
  ['255.255.255.255', '127.0.0.1', 'no address of a host'],
  ['0.0.0.0', '127.0.0.1', 'no address of a host'],
  ['10.0.0.1', '192.0.2.1', 'in a private network'],
])('a rendezvous may not send us to %s from %s', (to, server, why) => {
  expect(redirectRefusal(to, server)).toBe(why);
});

test('a rendezvous to which a proxy leads may send us only to the internet', () => {
  expect(redirectRefusal(global, undefined)).toBeUndefined();
  expect(redirectRefusal('10.0.0.1', undefined)).toBe('in a private network');
  expect(redirectRefusal('127.0.0.1', undefined)).toBe('this machine');
});
