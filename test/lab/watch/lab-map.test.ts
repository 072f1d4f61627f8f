import { expect, test } from 'vitest';
import type { LabDescription } from '../../../source/lab/plan/description.ts';
import { addressOf, mapLab } from '../../../source/lab/watch/lab-map.ts';

const cone = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } as const;
const description: LabDescription = {
  sites: {
    isp: { ...cone, hosts: [] },
    home: { ...cone, behind: 'isp', hosts: ['ann', 'ada'], line: { delayMs: 20, jitterMs: 5 } },
    bob: { ...cone, network: '192.168.2.0/24' },
    dave: { mapping: 'none', filtering: 'endpoint-independent', ipv6: 'open' },
  },
};

test('places are in the order of a ladder: the first site from the outermost host on, and the others behind the rendezvous', () => {
  expect(mapLab(description).places.map(({ name }) => name)).toEqual([
    'ada',
    'ann',
    'home.router',
    'isp.router',
    'rendezvous',
    'bob.router',
    'bob',
    'dave.router',
    'dave',
  ]);
});

test('an address belongs to somebody else in each inside network', () => {
  const { delayMs, ownerOf } = mapLab(description);
  expect(delayMs).toBe(25);
  expect(ownerOf('192.168.2.2', 'home.router', 'inside')).toBe('ann');
  expect(ownerOf('192.168.2.2', 'bob.router', 'inside')).toBe('bob');
  expect(ownerOf('192.168.2.2', 'bob.router', 'outside')).toBeUndefined();
  expect(ownerOf('50.0.0.3', 'home.router', 'inside')).toBe('rendezvous');
  // Behind the carrier, also after a rebind.
  expect(ownerOf('100.64.1.101', 'isp.router', 'inside')).toBe('home.router');
  expect(ownerOf('50.0.3.4', 'internet', 'outside')).toBe('bob.router');
  expect(ownerOf('50.1.4.2', 'home.router', 'outside')).toBe('dave');
  expect(ownerOf('2a00:5000:1:4::2', 'internet', 'outside')).toBe('dave');
  expect(ownerOf('9.9.9.9', 'internet', 'outside')).toBeUndefined();
});

test('a line of late answers inside a router delays no packet', () => {
  const sites = { alice: { ...cone, unsolicited: 'icmp-late', line: { delayMs: 20 } } } as const;
  expect(mapLab({ sites }).delayMs).toBe(20);
});

test('an endpoint has its address in front of the port, if it has one', () => {
  expect(['50.0.0.2:8877', '50.0.0.2', '[2a00:5000::2]:8877', '2a00:5000::2'].map(addressOf)).toEqual([
    '50.0.0.2',
    '50.0.0.2',
    '2a00:5000::2',
    '2a00:5000::2',
  ]);
});
