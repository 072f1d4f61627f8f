import { describe, expect, test } from 'vitest';
import {
  addressBytes,
  addressOf,
  isInNetwork,
  isNetwork,
  networkMatcher,
  addressClass,
  carriedAddress,
  destinationOf,
  canonicalAddress,
  familyOf,
  isAddress,
  pathOf,
} from '../../source/network/address.ts';

test.each(['192.0.2.1', '::1', '::', 'fe80::1%eth0', 'FE80::1%en0.1', '::ffff:192.0.2.1', '2001:DB8::1'])(
  '%s is an address',
  (text) => {
    expect(isAddress(text)).toBe(true);
  },
);

test.each([
  '',
  '1.2.3',
  '010.0.0.1',
  '0x7f.0.0.1',
  '256.0.0.1',
  '1.2.3.4 ',
  '1.2.3.4:80',
  '[::1]',
  '::1%',
  'fe80::1%eth 0',
  'fe80::1%\x1b[2J',
  `fe80::1%${'x'.repeat(33)}`,
  '1::2::3',
  'example.org',
])('%j is no address', (text) => {
  expect(isAddress(text)).toBe(false);
});

describe('addressClass', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'global'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['100.127.255.255', 'private'],
    ['100.128.0.1', 'global'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['fd00::1', 'unique-local'],
    ['8.8.8.8', 'global'],
    ['2a00::1', 'global'],
    ['::ffff:10.1.2.3', 'private'],
    ['::ffff:8.8.8.8', 'global'],
    ['0.0.0.0', 'other'],
    ['0.1.2.3', 'other'],
    ['::', 'other'],
    ['224.0.0.1', 'other'],
    ['ff02::1', 'other'],
    ['255.255.255.255', 'other'],
    ['240.0.0.1', 'other'],
    ['192.0.2.1', 'other'],
    ['198.51.100.1', 'other'],
    ['203.0.113.1', 'other'],
    ['2001:db8::1', 'other'],
    ['64:ff9b::808:808', 'other'],
    ['64:ff9b:1::808:808', 'other'],
    ['2002:808:808::1', 'other'],
    ['2001:0:1234::1', 'other'],
    ['::ffff:0:8.8.8.8', 'other'],
    ['::8.8.8.8', 'other'],
    ['::127.0.0.1', 'other'],
    ['::0.0.0.1', 'loopback'],
    ['::808:808', 'other'],
    ['fec0::1', 'other'],
    ['4000::1', 'other'],
    ['example.org', 'other'],
  ])('%s is %s', (address, expected) => {
    expect(addressClass(address)).toBe(expected);
  });
});

test.each([
  ['192.0.2.1', 4],
  ['::ffff:192.0.2.1', 4],
  ['::1', 6],
  ['fe80::1%eth0', 6],
])('%s is of family %d', (address, family) => {
  expect(familyOf(address)).toBe(family);
});

test.each([
  ['192.168.0.1', 'lan'],
  ['100.64.0.1', 'lan'],
  ['127.0.0.1', 'lan'],
  ['fe80::1%eth0', 'lan'],
  ['fd00::1', 'lan'],
  ['8.8.8.8', 'direct'],
  ['2a00::1', 'direct'],
  ['192.0.2.1', 'direct'],
])('the path to %s is %s', (address, path) => {
  expect(pathOf(address)).toBe(path);
});

test.each([
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:C000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['::192.0.2.1', '::c000:201'],
  ['::0.0.0.1', '::1'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ['FE80::1%eth0', 'fe80::1%eth0'],
  ['192.0.2.1', '192.0.2.1'],
])('%s is spelled %s', (address, canonical) => {
  expect(canonicalAddress(address)).toBe(canonical);
});

test.each([
  ['64:ff9b::8.8.8.8', '8.8.8.8'],
  ['64:ff9b::7f00:1', '127.0.0.1'],
  ['2002:0a00:0001::1', '10.0.0.1'],
  ['2002:808:808:1::9', '8.8.8.8'],
  ['::ffff:0:192.168.1.1', '192.168.1.1'],
  ['::10.0.0.1', '10.0.0.1'],
  ['::ffff:8.8.8.8', undefined],
  ['8.8.8.8', undefined],
  ['::', undefined],
  ['::1', undefined],
  ['64:ff9b:1::808:808', undefined],
  ['2a00::8.8.8.8', undefined],
  ['fe80::1%eth0', undefined],
])('%s carries %s', (address, carried) => {
  expect(carriedAddress(address)).toBe(carried);
  expect(destinationOf(address)).toBe(carried ?? canonicalAddress(address));
});

test.each(['', 'example.org'])('%j is not an address, and its destination is the text itself', (text) => {
  expect(destinationOf(text)).toBe(text);
});

describe('an address as bytes', () => {
  test.each([
    ['192.168.1.7', 'c0a80107'],
    ['2a00:5000::2', '2a005000000000000000000000000002'],
    ['::ffff:10.0.0.1', '0a000001'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ])('%s is %s', (address, hex) => {
    expect(Buffer.from(addressBytes(address)).toString('hex')).toBe(hex);
  });

  test.each([
    ['c0a80107', '192.168.1.7'],
    ['2a005000000000000000000000000002', '2a00:5000::2'],
    ['00000000000000000000ffff0a000001', '10.0.0.1'],
    ['c0a801', undefined],
    ['', undefined],
  ])('%s is read as %s', (hex, address) => {
    expect(addressOf(Buffer.from(hex, 'hex'))).toBe(address);
  });
});

test.each([
  ['192.168.1.7', '192.168.1.2/24', true],
  ['192.168.2.7', '192.168.1.2/24', false],
  ['10.200.0.1', '10.0.0.1/8', true],
  ['2a00:5000:1:1::2', '2a00:5000:1:1::9/64', true],
  ['2a00:5000:1:2::2', '2a00:5000:1:1::9/64', false],
  ['192.168.1.7', '::/0', false],
  ['192.168.1.7', '::ffff:192.168.1.0/120', true],
  ['::ffff:192.168.1.7', '::ffff:192.168.0.0/112', true],
  ['::ffff:192.168.1.7', '192.168.1.0/24', true],
  ['192.168.2.7', '::ffff:192.168.1.0/120', false],
  ['8.8.8.8', '::ffff:0:0/96', true],
  ['2a00::1', '::ffff:0:0/96', false],
  ['::192.168.1.7', '192.168.1.0/24', false],
  ['64:ff9b::192.168.1.7', '192.168.1.0/24', false],
  ['192.168.1.7', '192.168.1.2', false],
  ['home', '0.0.0.0/0', false],
])('%s in the network %s: %s', (address, network, isInside) => {
  expect(isInNetwork(address, network)).toBe(isInside);
});

test.each([
  ['192.168.1.7', true],
  ['::ffff:192.168.1.7', true],
  ['2001:db8:1::1', true],
  ['fe80::1%eth0', false],
  ['192.168.2.7', false],
  ['2001:db9::1', false],
])('%s in any of several networks: %s', (address, isInside) => {
  expect(networkMatcher(['192.168.1.0/24', '2001:db8::/32'])(address)).toBe(isInside);
  expect(networkMatcher([])(address)).toBe(false);
});

test.each([
  ['192.0.2.0/24', true],
  ['::/0', true],
  ['192.0.2.0', false],
  ['192.0.2.0/33', false],
  ['192.0.2.0/', false],
  ['192.0.2.0/24/8', false],
  ['10/8', false],
  ['home/8', false],
])('%s is a network: %s', (text, is) => {
  expect(isNetwork(text)).toBe(is);
});
