import type { Owner } from '../skip-without.ts';
import { labOrSkip } from './lab.ts';

/** Three hosts on one switch, `alice`, `bob` and `mallory`, which the internet does not reach. */
export async function oneSwitch(context: Owner, ipv6 = false) {
  const lab = await labOrSkip(context, {
    sites: {
      home: {
        mapping: 'endpoint-independent',
        filtering: 'address-and-port-dependent',
        hosts: ['alice', 'bob', 'mallory'],
        ...(ipv6 && { ipv6: 'open' }),
      },
    },
  });
  await lab.cut('home');
  return lab;
}
