import { expect, test } from 'vitest';
import { checkDescription } from '../../../source/lab/plan/description.ts';
import { networkNames, trialsOn } from '../../../source/workshop/client-check/trials.ts';

test('without a name, all networks are tried, each first by the client on both sides', () => {
  const trials = trialsOn([]);
  expect([...new Set(trials.map(({ network }) => network))]).toEqual(networkNames);
  for (const name of networkNames) {
    expect(trials.find(({ network }) => network === name)).toMatchObject({
      first: 'client',
      second: 'client',
    });
  }
});

test('the client has both roles beside our chat, and is in every trial', () => {
  const trials = trialsOn([]);
  expect(trials.some(({ first }) => first === 'chat')).toBe(true);
  expect(trials.some(({ second }) => second === 'chat')).toBe(true);
  expect(trials.every(({ first, second }) => first === 'client' || second === 'client')).toBe(true);
});

test('named networks are tried in the order of the table', () => {
  expect([...new Set(trialsOn(['rst-late', 'open']).map(({ network }) => network))]).toEqual([
    'open',
    'rst-late',
  ]);
});

test('every trial has a lab that can be made', () => {
  for (const { description } of trialsOn([])) {
    expect(() => checkDescription(description)).not.toThrow();
  }
});

test('without delays, the network on which SYNs must cross is left out', () => {
  const trials = trialsOn([], { withDelays: false });
  expect(trials.map(({ network }) => network)).not.toContain('rst-late');
  expect(trials.length).toBeGreaterThan(10);
  for (const { description } of trials) {
    expect(Object.values(description.sites).map(({ line }) => line)).toEqual([{}, {}]);
  }
});

test('an unknown network is refused, and the nearest one is named', () => {
  expect(() => trialsOn(['other-prot'])).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE', hint: 'Did you mean "other-port"?' }),
  );
});
