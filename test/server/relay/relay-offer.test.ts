import { describe, expect, test } from 'vitest';
import { chooseRelay, type RelayOffer } from '../../../source/server/relay/relay-offer.ts';

function at(server: string, follows = true): RelayOffer {
  return { server, follows };
}
function not(code: 'ERR_RELAY_OFF' | 'ERR_RELAY_FULL' | 'ERR_RELAY_USED_UP', follows = true): RelayOffer {
  return {
    refusal: { code, message: code },
    follows,
  };
}

describe('two peers at different servers', () => {
  test.each([
    [at('A'), at('B'), 'a'],
    [at('A'), not('ERR_RELAY_OFF'), 'a'],
    [not('ERR_RELAY_FULL'), at('B'), 'b'],
    // A client that follows no redirect stays, and the other one comes.
    [at('A'), at('B', false), 'b'],
    [at('A', false), at('B'), 'a'],
  ] as const)('with %j and %j are relayed at that of %s', (a, b, chosen) => {
    expect(chooseRelay(a, b)).toBe(chosen);
  });

  test.each([
    [at('A', false), at('B', false), 'ERR_RELAY_APART'],
    [at('A'), not('ERR_RELAY_OFF', false), 'ERR_RELAY_APART'],
    [not('ERR_RELAY_FULL', false), at('B'), 'ERR_RELAY_APART'],
    [not('ERR_RELAY_FULL'), not('ERR_RELAY_OFF'), 'ERR_RELAY_FULL'],
    // At the other server they would get their bytes a second time.
    [not('ERR_RELAY_USED_UP'), at('B'), 'ERR_RELAY_USED_UP'],
    [at('A'), not('ERR_RELAY_USED_UP'), 'ERR_RELAY_USED_UP'],
  ] as const)('with %j and %j are refused with %s', (a, b, code) => {
    expect(chooseRelay(a, b)).toMatchObject({ code });
  });
});
