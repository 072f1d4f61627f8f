import { expect, test } from 'vitest';
import {
  checkClient,
  clientInC,
  clientInNode,
  clientInPython,
  type Defect,
} from '../helpers/clients/client-check.ts';

test.for([
  ['C', clientInC],
  ['Python', clientInPython],
  ['Node', clientInNode],
] as const)('a right client in %s passes on every network', async ([, clientIn], context) => {
  const { trials } = await checkClient(context, clientIn(context), '--all', '--parallel', '2');
  expect(trials.filter(({ passed }) => !passed)).toEqual([]);
});

/** Where a client with this defect cannot connect to itself. It may fail on other networks, too. */
const fatal: Readonly<Record<Defect, readonly string[]>> = {
  FRESH_PORT: ['port-restricted', 'port-restricted-late', 'other-port', 'rst-late'],
  OUTSIDE_PORT: ['unknown-port'],
  BLOCKS: ['unknown-port'],
  NO_RETRY: ['open-late', 'rst-late'],
  FIXED_PERIOD: ['rst-late'],
};

const names: Readonly<Record<Defect, string>> = {
  FRESH_PORT: 'fresh-port',
  OUTSIDE_PORT: 'outside-port',
  BLOCKS: 'blocks',
  NO_RETRY: 'no-retry',
  FIXED_PERIOD: 'fixed-period',
};

test.for(Object.keys(names) as Defect[])(
  'a client with the defect %s fails on some networks, always for that reason',
  async (flag, context) => {
    const { trials } = await checkClient(context, clientInC(context, flag), '--all', '--parallel', '2');
    const alone = trials.filter(({ first, second }) => first === 'client' && second === 'client');
    const failed = alone.filter(({ passed }) => !passed);
    expect(failed.map(({ verdict }) => verdict?.defect)).toEqual(failed.map(() => names[flag]));
    expect(failed.map(({ network }) => network)).toEqual(expect.arrayContaining([...fatal[flag]]));
  },
);
