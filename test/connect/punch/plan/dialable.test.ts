import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dialableHosts } from '../../../../source/connect/punch/plan/dialable.ts';

const server = { address: '8.8.8.8', port: 8877 };
const own = [{ address: '192.168.1.10', port: 40_000 }];
const options = { loopbackAllowed: false, server, own };

function dialable(address: string, port = 5000, change: Partial<typeof options> = {}) {
  return dialableHosts([{ address, port }], { ...options, ...change }).length === 1;
}

test.each([
  '192.168.1.20',
  '10.0.0.1',
  '100.64.0.1',
  '169.254.3.4',
  '9.9.9.9',
  'fd00::1',
  '2a00::1',
  'fe80::1%eth0',
])('%s is dialled', (address) => {
  expect(dialable(address)).toBe(true);
});

test.each([
  ['multicast', '224.0.0.1'],
  ['multicast over IPv6', 'ff02::1'],
  ['unspecified', '0.0.0.0'],
  ['unspecified over IPv6', '::'],
  ['of this network', '0.1.2.3'],
  ['broadcast', '255.255.255.255'],
  ['documentation', '192.0.2.1'],
  ['documentation over IPv6', '2001:db8::1'],
  ['reserved', '240.0.0.1'],
  ['link-local without a zone', 'fe80::1'],
  ['loopback', '127.0.0.1'],
  ['loopback over IPv6', '::1'],
  ['loopback in disguise', '::ffff:127.0.0.1'],
  ['unspecified in disguise', '::ffff:0.0.0.0'],
  ['loopback behind a translator', '64:ff9b::127.0.0.1'],
  ['private behind a translator', '64:ff9b::192.168.1.20'],
  ['private in a tunnel', '2002:c0a8:114::1'],
  ['IPv4-compatible', '::192.168.1.20'],
  ['IPv4-compatible, and loopback', '::0.0.0.1'],
  ['IPv4-translated', '::ffff:0:192.168.1.20'],
  ['not allocated', '4000::1'],
  ['a name', 'example.org'],
])('an address that is %s is not dialled', (_, address) => {
  expect(dialable(address)).toBe(false);
});

test('loopback is dialled if the rendezvous is on loopback', () => {
  expect(dialable('127.0.0.1', 5000, { loopbackAllowed: true })).toBe(true);
  expect(dialable('::1', 5000, { loopbackAllowed: true })).toBe(true);
});

test.each([
  [1023, false],
  [1024, true],
  [65_535, true],
])('port %d: %s', (port, expected) => {
  expect(dialable('192.168.1.20', port)).toBe(expected);
});

describe('the rendezvous and ourselves', () => {
  test('are not dialled', () => {
    expect(dialable('8.8.8.8', 8877)).toBe(false);
    expect(dialable('192.168.1.10', 40_000)).toBe(false);
  });

  test('are recognized in any spelling', () => {
    expect(dialable('::ffff:8.8.8.8', 8877)).toBe(false);
    const translated = { server: { address: '64:ff9b::8.8.8.8', port: 8877 } };
    expect(dialable('8.8.8.8', 8877, translated)).toBe(false);
    const six = { own: [{ address: 'fd00::1', port: 40_000 }] };
    expect(dialable('FD00:0::1', 40_000, six)).toBe(false);
  });

  test('are dialled at other ports: two peers may share a machine, and private addresses', () => {
    expect(dialable('8.8.8.8', 9999)).toBe(true);
    expect(dialable('192.168.1.10', 40_001)).toBe(true);
  });
});

test('each endpoint comes once, in canonical spelling, in the order given', () => {
  const candidates = [
    { address: 'FD00:0::2', port: 5000 },
    { address: '::ffff:10.0.0.1', port: 5000 },
    { address: '10.0.0.1', port: 5000 },
    { address: 'fd00::2', port: 5000 },
    { address: '10.0.0.1', port: 5001 },
  ];
  expect(dialableHosts(candidates, options)).toEqual([
    { address: 'fd00::2', port: 5000 },
    { address: '10.0.0.1', port: 5000 },
    { address: '10.0.0.1', port: 5001 },
  ]);
});

test('only eight are dialled, whatever comes before them', () => {
  const candidates = Array.from({ length: 20 }, (_, index) => ({ address: '10.0.0.1', port: 1020 + index }));
  expect(dialableHosts(candidates, options).map(({ port }) => port)).toEqual([
    1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031,
  ]);
});

test('nothing is dialled that was not given', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
  const candidates = fc.array(fc.record({ address, port: fc.nat(70_000) }), { maxLength: 12 });
  fc.assert(
    fc.property(candidates, (given) => {
      const ports = new Set(given.map(({ port }) => port));
      const chosen = dialableHosts(given, options);
      expect(chosen.length).toBeLessThanOrEqual(8);
      expect(chosen.every(({ port }) => ports.has(port))).toBe(true);
    }),
  );
});
