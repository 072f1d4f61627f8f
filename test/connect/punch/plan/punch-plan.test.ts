import { describe, expect, test } from 'vitest';
import type { Role } from '../../../../source/events.ts';
import type { Mapping } from '../../../../source/nat/mapping.ts';
import { dialsOf, planRound, type Side } from '../../../../source/connect/punch/plan/punch-plan.ts';

const easy: Side = side({ kind: 'endpoint-independent' }, 4000, 4000);
const blind: Side = side({ kind: 'unknown' }, 4100, undefined);
const counting: Side = side({ kind: 'sequential', step: 1 }, 5000, 5001);
/** A second address has shown that its mapping is endpoint-independent. */
const sure: Side = { ...easy, observation: { ...easy.observation, addressPort: 4000 } };
const random: Side = side({ kind: 'random' }, 6000, 33_333);

function side(mapping: Mapping, port: number, probePort: number | undefined): Side {
  return { mapping, observation: { port, probePort } };
}

function plan(
  own: Side,
  peer: Side,
  round: number,
  { role = 'a', sprayAllowed = true }: { role?: Role; sprayAllowed?: boolean } = {},
) {
  const bursts = sprayAllowed ? { own: 2, peer: 2 } : { own: 0, peer: 0 };
  return planRound({ own, peer, round, role, bursts });
}

describe('the first round', () => {
  test('dials the mapped port of a peer whose mapping is endpoint-independent', () => {
    expect(plan(easy, easy, 1)).toMatchObject({
      strategy: 'simultaneous',
      targets: [{ kind: 'mapped', port: 4000 }],
      spray: undefined,
    });
  });

  test('dials the predicted port of a counting peer first, and its mapped port after it', () => {
    for (const own of [easy, counting, random]) {
      expect(plan(own, counting, 1)).toMatchObject({
        strategy: 'predicted',
        targets: [
          { kind: 'predicted', port: 5002 },
          { kind: 'mapped', port: 5000 },
        ],
      });
    }
  });

  test('dials the mapped port of any other peer from a counting NAT, as the peer has predicted', () => {
    expect(plan(counting, easy, 1)).toMatchObject({
      strategy: 'predicted',
      targets: [{ kind: 'mapped', port: 4000 }],
    });
  });

  test('waits for a second if a spray may follow, and until the spray is agreed on if one must follow', () => {
    expect(plan(easy, easy, 1).patienceMs).toBe(1000);
    expect(plan(easy, random, 1).patienceMs).toBe(0);
    expect(plan(random, easy, 1).patienceMs).toBe(0);
    expect(plan(easy, counting, 1).patienceMs).toBe(1000);
    expect(plan(random, random, 1).patienceMs).toBe(1000);
    expect(plan(counting, counting, 1).patienceMs).toBe(3000);
  });

  test('waits as long as a plain round if a second address has made both ports certain', () => {
    expect(plan(sure, sure, 1).patienceMs).toBe(3000);
    expect(plan(sure, counting, 1).patienceMs).toBe(3000);
    expect(plan(sure, random, 1).patienceMs).toBe(0);
    expect(plan(sure, easy, 1).patienceMs).toBe(1000);
  });

  test('waits as long as a plain round if nothing may be sprayed', () => {
    expect(plan(easy, random, 1, { sprayAllowed: false }).patienceMs).toBe(3000);
  });
});

describe('the spray', () => {
  test.each([easy, blind])(
    'bursts from the side with a known mapping and fans out from the other, twice',
    (soft) => {
      for (const round of [2, 3]) {
        expect(plan(soft, random, round)).toMatchObject({ strategy: 'spray', spray: 'burst' });
        expect(plan(random, soft, round)).toMatchObject({ strategy: 'spray', spray: 'fan' });
      }
    },
  );

  test('swaps the parts at last, for a side that only looks endpoint-independent', () => {
    expect(plan(easy, random, 4).spray).toBe('fan');
    expect(plan(random, easy, 4).spray).toBe('burst');
    for (const own of [easy, random]) {
      expect(plan(own, own === easy ? random : easy, 6).spray).toBeUndefined();
    }
  });

  test('waits for a second if another one follows', () => {
    expect([2, 3, 4, 5].map((round) => plan(easy, random, round).patienceMs)).toEqual([
      1000, 1000, 1000, 3000,
    ]);
    expect([2, 3, 4, 5].map((round) => plan(easy, easy, round).patienceMs)).toEqual([1000, 1000, 1000, 3000]);
  });

  test('swaps the parts in each round if both sides look endpoint-independent', () => {
    function ways(role: Role) {
      return [2, 3, 4, 5].map((round) => plan(easy, easy, round, { role }).spray);
    }
    expect(ways('a')).toEqual(['burst', 'fan', 'burst', 'fan']);
    expect(ways('b')).toEqual(['fan', 'burst', 'fan', 'burst']);
    expect(plan(easy, easy, 6).spray).toBeUndefined();
  });

  test('fans out from the random side, or from each in turn if both are random', () => {
    for (const round of [2, 3]) {
      expect(plan(counting, random, round).spray).toBe('burst');
      expect(plan(random, counting, round).spray).toBe('fan');
    }
    expect([2, 3].map((round) => plan(random, random, round, { role: 'a' }).spray)).toEqual(['burst', 'fan']);
    expect([2, 3].map((round) => plan(random, random, round, { role: 'b' }).spray)).toEqual(['fan', 'burst']);
  });

  test('takes a side for address-dependent if the prediction of the counting side has failed', () => {
    expect(plan(easy, counting, 2).spray).toBe('fan');
    expect(plan(counting, easy, 2).spray).toBe('burst');
  });

  test('is never played if a second address has made both ports certain', () => {
    for (const round of [2, 3, 4, 5]) {
      expect(plan(sure, sure, round).spray).toBeUndefined();
      expect(plan(sure, counting, round)).toMatchObject({ strategy: 'predicted', spray: undefined });
    }
    // One that looks endpoint-independent from one address alone may still be address-dependent.
    expect(plan(sure, easy, 2).spray).toBe('burst');
  });

  test('is not tried between two counting sides, whose ports are known', () => {
    for (const round of [1, 2, 3, 4]) {
      expect(plan(counting, counting, round).spray).toBeUndefined();
    }
  });

  test('is played as often as the bursting side may burst', () => {
    const rounds = [2, 3, 4, 5];
    const bursts = { own: 0, peer: 1 };
    expect(
      rounds.map((round) => planRound({ own: easy, peer: random, round, role: 'a', bursts }).spray),
    ).toEqual([undefined, undefined, 'fan', 'fan']);
    expect(
      rounds.map((round) => planRound({ own: random, peer: easy, round, role: 'a', bursts }).spray),
    ).toEqual(['fan', 'fan', undefined, undefined]);
  });

  test('is not waited for after the last burst', () => {
    const last = { own: 1, peer: 0 };
    expect(planRound({ own: easy, peer: random, round: 1, role: 'a', bursts: last }).patienceMs).toBe(0);
    expect(planRound({ own: easy, peer: random, round: 2, role: 'a', bursts: last })).toMatchObject({
      spray: 'burst',
      patienceMs: 3000,
    });
  });

  test('is not played if no side may burst', () => {
    for (const round of [1, 2, 3]) {
      expect(plan(easy, random, round, { sprayAllowed: false }).spray).toBeUndefined();
    }
  });
});

test('a spray of another size has as many dials, and at least those that are named', () => {
  const targets = [3, 4, 5].map((port) => ({ kind: 'predicted' as const, port }));
  const size = { dials: 64, sockets: 16 };
  expect(dialsOf({ spray: 'burst', targets }, size)).toBe(64);
  expect(dialsOf({ spray: 'burst', targets }, { ...size, dials: 1 })).toBe(3);
  expect(dialsOf({ spray: 'fan', targets }, size)).toBe(19);
  expect(dialsOf({ spray: undefined, targets }, size)).toBe(3);
});
