import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bsdRoutes,
  linuxRoutes,
  linuxRoutes6,
  windowsRoutes,
} from '../../../../source/network/port-mapping/wire/route-tables.ts';

describe('the default routes of Linux', () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    // No gateway, another network, and an interface that is down.
    'tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0',
    'eth0\t0001A8C0\t0101A8C0\t0003\t0\t0\t100\t00FFFFFF\t0\t0\t0',
    'eth1\t00000000\t0102A8C0\t0002\t0\t0\t100\t00000000\t0\t0\t0',
    '',
  ].join('\n');

  test('are numbers in the byte order of the machine', () => {
    expect(linuxRoutes(table, 'LE')).toEqual([
      { gateway: '192.168.0.1', device: 'wlan0', local: undefined, metric: 600 },
      { gateway: '192.168.1.1', device: 'eth0', local: undefined, metric: 100 },
    ]);
    expect(linuxRoutes('eth0 00000000 C0A80101 0003 0 0 100 00000000', 'BE')).toMatchObject([
      { gateway: '192.168.1.1' },
    ]);
  });

  test('of IPv6 name the interface of a link-local router', () => {
    const zeros = '0'.repeat(32);
    const table6 = [
      `${zeros} 00 ${zeros} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth0`,
      `${zeros} 00 ${zeros} 00 2a005000000100010000000000000001 00000064 00000001 00000000 00000003     eth1`,
      `2a005000000000000000000000000000 20 ${zeros} 00 2a005000000100010000000000000001 00000064 00000001 00000000 00000003     eth1`,
      `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo`,
    ].join('\n');
    expect(linuxRoutes6(table6)).toEqual([
      { gateway: 'fe80::1%eth0', device: 'eth0', local: undefined, metric: 1024 },
      { gateway: '2a00:5000:1:1::1', device: 'eth1', local: undefined, metric: 100 },
    ]);
  });
});

test('the default routes of macOS name the interface', () => {
  const table = [
    'Routing tables',
    '',
    'Internet:',
    'Destination        Gateway            Flags               Netif Expire',
    'default            192.168.1.1        UGScg                 en0',
    'default            link#14            UCSIg             bridge100      !',
    '127                127.0.0.1          UCS                   lo0',
    'default            fe80::1%en0        UGcg                  en0',
  ].join('\n');
  expect(bsdRoutes(table)).toMatchObject([
    { gateway: '192.168.1.1', device: 'en0' },
    { gateway: 'fe80::1%en0', device: 'en0' },
  ]);
});

test('the default routes of Windows name our own address', () => {
  const table = [
    '===========================================================================',
    'IPv4 Route Table',
    'Network Destination        Netmask          Gateway       Interface  Metric',
    '          0.0.0.0          0.0.0.0      192.168.1.1    192.168.1.23     35',
    '          0.0.0.0          0.0.0.0         On-link     10.0.0.2         26',
    '        127.0.0.0        255.0.0.0         On-link         127.0.0.1    331',
  ].join('\r\n');
  expect(windowsRoutes(table)).toEqual([
    { gateway: '192.168.1.1', device: undefined, local: '192.168.1.23', metric: 35 },
  ]);
});

test('any text is read as a table without failing', () => {
  const cell = fc.constantFrom(
    '00000000',
    '0.0.0.0',
    'default',
    '0003',
    'UG',
    'fe80::1%en0',
    'x',
    '',
    '0'.repeat(32),
  );
  const text = fc.array(fc.array(cell).map((cells) => cells.join(' '))).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, (table) => {
      for (const read of [linuxRoutes6, bsdRoutes, windowsRoutes, (one: string) => linuxRoutes(one, 'LE')]) {
        expect(read(table)).toBeInstanceOf(Array);
      }
    }),
  );
});
