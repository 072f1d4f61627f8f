import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { isNeighbour, linkInterfaces } from '../../../../source/connect/places/local/link-interfaces.ts';

function ipv4(cidr: string, internal = false): NetworkInterfaceInfo {
  return { family: 'IPv4', address: cidr.split('/')[0]!, netmask: '', mac: '', internal, cidr };
}

function ipv6(cidr: string, internal = false): NetworkInterfaceInfo {
  return { family: 'IPv6', address: cidr.split('/')[0]!, netmask: '', mac: '', internal, cidr, scopeid: 2 };
}

const both = [4, 6] as const;

test('each interface is one link in each family, with all its networks', () => {
  const found = linkInterfaces(both, () => ({
    eth0: [ipv4('192.168.1.2/24'), ipv4('10.0.0.2/8'), ipv6('fe80::2/64'), ipv6('2001:db8::2/64')],
    wlan0: [ipv4('172.16.0.2/12')],
  }));
  expect(found).toEqual([
    { family: 4, multicast: '192.168.1.2', zone: '', networks: ['192.168.1.2/24', '10.0.0.2/8'] },
    { family: 4, multicast: '172.16.0.2', zone: '', networks: ['172.16.0.2/12'] },
    { family: 6, multicast: '::%eth0', zone: 'eth0', networks: ['fe80::2/64', '2001:db8::2/64'] },
  ]);
});

test('only the families that are asked for are links', () => {
  const infos = { eth0: [ipv4('192.168.1.2/24'), ipv6('fe80::2/64')] };
  expect(linkInterfaces([6], () => infos).map(({ family }) => family)).toEqual([6]);
});

test('loopback and tunnels are no links', () => {
  const infos = {
    lo: [ipv4('127.0.0.1/8', true), ipv6('::1/128', true)],
    tun0: [ipv4('100.64.0.7/32'), ipv6('fd7a::7/128')],
  };
  expect(linkInterfaces(both, () => infos)).toEqual([]);
});

test('of many interfaces 16 are links, those with IPv4 first', () => {
  const infos = Object.fromEntries(
    Array.from({ length: 40 }, (_, one) => [
      `veth${one}`,
      [ipv6('fe80::2/64'), ...(one < 10 ? [ipv4(`10.0.${one}.1/24`)] : [])],
    ]),
  );
  const found = linkInterfaces(both, () => infos);
  expect(found.map(({ family }) => family)).toEqual([...Array(10).fill(4), ...Array(6).fill(6)]);
});

test('without an answer of the system there are no links', () => {
  expect(
    linkInterfaces(both, () => {
      throw new Error('EMFILE');
    }),
  ).toEqual([]);
});

test('a neighbour is in a network of the interface, and a link-local one came through this interface', () => {
  const [ethernet, ethernet6] = linkInterfaces(both, () => ({
    eth0: [ipv4('192.168.1.2/24'), ipv6('fe80::2/64'), ipv6('2001:db8::2/64')],
  }));
  expect(isNeighbour('192.168.1.77', ethernet!)).toBe(true);
  expect(isNeighbour('192.168.2.77', ethernet!)).toBe(false);
  expect(isNeighbour('127.0.0.1', ethernet!)).toBe(false);
  expect(isNeighbour('fe80::7%eth0', ethernet6!)).toBe(true);
  expect(isNeighbour('fe80::7%wlan0', ethernet6!)).toBe(false);
  expect(isNeighbour('2001:db8::7', ethernet6!)).toBe(true);
  expect(isNeighbour('2001:db9::7', ethernet6!)).toBe(false);
});
