import { describe, expect, test } from 'vitest';
import { mappedRefusal } from '../../../../source/connect/punch/plan/dialable.ts';
import { mayBeSprayed } from '../../../../source/connect/punch/plan/spray-budget.ts';

const server = { address: '50.0.0.2', port: 8877 };
const own = { address: '50.0.1.2', port: 4000 };
function refusal(address: string, port = 4242, at = server) {
  return mappedRefusal({ address, port }, { server: at, own });
}

describe("a peer's mapped endpoint", () => {
  test.each([
    '50.0.2.2',
    '50.0.0.2',
    '50.0.1.2',
    '192.168.1.7',
    '100.64.0.9',
    '203.0.113.5',
    '2a00::1',
    'fd00::2',
  ])('is dialled at %s', (address) => {
    expect(refusal(address)).toBeUndefined();
  });

  test.each([
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['127.0.0.1', 'this machine'],
    ['::1', 'this machine'],
    ['::ffff:127.0.0.1', 'this machine'],
    ['::127.0.0.1', 'carries 127.0.0.1'],
    ['::ffff:0:127.0.0.1', 'carries 127.0.0.1'],
    ['64:ff9b::127.0.0.1', 'carries 127.0.0.1'],
    ['64:ff9b::10.0.0.1', 'carries 10.0.0.1'],
    ['64:ff9b::169.254.169.254', 'carries 169.254.169.254'],
    ['2002:7f00:1::', 'carries 127.0.0.1'],
    ['2002:c0a8:101::1', 'carries 192.168.1.1'],
    ['2002:e000:1::1', 'carries 224.0.0.1'],
  ])('is refused at %s', (address, why) => {
    expect(refusal(address)).toContain(why);
  });

  test('may be on this machine if the rendezvous is', () => {
    expect(refusal('127.0.0.1', 4242, { address: '127.0.0.1', port: 8877 })).toBeUndefined();
  });

  test('is neither the rendezvous itself nor ourselves', () => {
    expect(refusal('50.0.0.2', 8877)).toContain('rendezvous');
    expect(refusal('50.0.1.2', 4000)).toContain('own');
  });

  test.each([
    '::ffff:50.0.0.2',
    '::FFFF:3200:2',
    '0:0:0:0:0:ffff:50.0.0.2',
    '::50.0.0.2',
    '::ffff:0:50.0.0.2',
    '64:ff9b::50.0.0.2',
    '2002:3200:2::1',
  ])('is not the rendezvous itself in the disguise of %s, nor are we', (address) => {
    expect(refusal(address, 8877)).toContain('rendezvous');
    expect(refusal(address, 8878)).toBeUndefined();
    expect(refusal(address.replace('0.0.2', '0.1.2').replace(/3200:2/i, '3200:102'), 4000)).toContain('own');
  });

  test('is recognized as the rendezvous if that was met through a translator', () => {
    expect(refusal('50.0.0.2', 8877, { address: '64:ff9b::3200:2', port: 8877 })).toContain('rendezvous');
  });

  test('is dialled at no address of this machine if only a proxy leads to the rendezvous', () => {
    const context = { server: undefined, own };
    expect(mappedRefusal({ address: '127.0.0.1', port: 4242 }, context)).toBe('this machine');
    expect(mappedRefusal({ address: '224.0.0.1', port: 4242 }, context)).toContain('multicast');
    expect(mappedRefusal({ ...own }, context)).toBe('our own endpoint');
    expect(mappedRefusal({ address: '50.0.2.2', port: 4242 }, context)).toBeUndefined();
  });

  test('is refused in a tunnel to this machine, even if the rendezvous is on it', () => {
    const loopback = { address: '127.0.0.1', port: 8877 };
    expect(refusal('64:ff9b::127.0.0.1', 4242, loopback)).toContain('carries 127.0.0.1');
    expect(refusal('::ffff:127.0.0.1', 4242, loopback)).toBeUndefined();
    expect(refusal('::ffff:127.0.0.1', 8877, loopback)).toContain('rendezvous');
  });
});

describe('a spray', () => {
  test.each(['50.0.2.2', '8.8.8.8', '2a00:5000::7'])('may go to %s', (address) => {
    expect(mayBeSprayed(address, '50.0.0.2')).toBe(true);
  });

  test('may go to no private network, wherever the rendezvous is', () => {
    expect(mayBeSprayed('50.0.2.2', undefined)).toBe(true);
    expect(mayBeSprayed('10.0.0.1', undefined)).toBe(false);
  });

  test.each([
    '50.0.0.2',
    '10.0.0.1',
    '203.0.113.5',
    '198.51.100.1',
    '192.0.2.9',
    '198.18.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '127.0.0.1',
    '224.0.0.1',
    '0.0.0.0',
    '240.0.0.1',
    'fd00::1',
    'fe80::1',
    '::ffff:50.0.0.2',
    '::ffff:10.0.0.1',
    '::50.0.2.2',
    '64:ff9b::50.0.2.2',
    '2002:3200:202::1',
    '4000::1',
  ])('never goes to %s', (address) => {
    expect(mayBeSprayed(address, '50.0.0.2')).toBe(false);
  });
});
