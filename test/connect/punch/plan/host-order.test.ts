import { describe, expect, test } from 'vitest';
import { hostOrder, type OwnAddress } from '../../../../source/connect/punch/plan/host-order.ts';

function on(device: string, ...addresses: string[]): OwnAddress[] {
  return addresses.map((address) => ({ device, address }));
}

const bridges = [
  on('docker0', '172.17.0.1'),
  ...Array.from({ length: 8 }, (_, n) => on(`br-${n}`, `172.${18 + n}.0.1`)),
].flat();
const eth0 = on('eth0', '192.168.1.2', '2001:db8::2', 'fd00::2');
const wlan0 = on('wlan0', '10.0.0.7', '2001:db8:1::7');

describe('our addresses', () => {
  test('begin with the one that was used, then those that lead to the internet, and end with those of containers', () => {
    expect(
      hostOrder([...bridges, ...wlan0, ...eth0], {
        used: '192.168.1.2',
        routed: ['192.168.1.2', '2001:db8::2'],
      }),
    ).toEqual([
      '192.168.1.2',
      '2001:db8::2',
      '10.0.0.7',
      'fd00::2',
      '2001:db8:1::7',
      ...bridges.map(({ address }) => address),
    ]);
  });

  test('have the families in turn, however many one of them has', () => {
    const many = on('eth0', ...Array.from({ length: 12 }, (_, n) => `2001:db8::${n + 1}`), '192.168.1.2');
    expect(hostOrder(many, { used: undefined, routed: [] }).slice(0, 4)).toEqual([
      '192.168.1.2',
      '2001:db8::1',
      '2001:db8::2',
      '2001:db8::3',
    ]);
    const both = hostOrder([...many, ...wlan0], { used: '2001:db8::5', routed: ['2001:db8::5'] });
    expect(both.slice(0, 5)).toEqual([
      '2001:db8::5',
      '192.168.1.2',
      '2001:db8::1',
      '10.0.0.7',
      '2001:db8::2',
    ]);
  });

  test('of a VPN come before others if the place was reached over it', () => {
    const vpn = on('tun0', '10.8.0.2');
    expect(hostOrder([...eth0, ...vpn], { used: '10.8.0.2', routed: [] })[0]).toBe('10.8.0.2');
    expect(hostOrder([...vpn, ...eth0], { used: '192.168.1.2', routed: [] }).at(-1)).toBe('10.8.0.2');
  });

  test('of a bridge to the local network are no last ones, and each comes once', () => {
    const bridged = on('br0', '192.168.1.2');
    expect(hostOrder([...bridges, ...bridged, ...bridged], { used: undefined, routed: [] })[0]).toBe(
      '192.168.1.2',
    );
    const all = hostOrder([...bridged, ...bridged, ...eth0], { used: '192.168.1.2', routed: [] });
    expect(all).toEqual([...new Set(all)]);
  });

  test('are ordered without knowing any route', () => {
    expect(hostOrder([...bridges, ...eth0], { used: undefined, routed: [] }).slice(0, 3)).toEqual([
      '192.168.1.2',
      '2001:db8::2',
      'fd00::2',
    ]);
  });
});
