import { expect, test } from 'vitest';
import { createRounds } from '../../../source/server/client/client-rounds.ts';

test('a round starts once, when the second of the two asks for it', () => {
  const rounds = createRounds();
  expect(rounds.ownAsks(2)).toBeUndefined();
  expect(rounds.peerAsks(1, 30)).toBeUndefined();
  expect(rounds.peerAsks(2, 40)).toBe(2);
  expect(rounds.peerRttMs).toBe(40);
  expect(rounds.ownAsks(2)).toBeUndefined();
});

test('a new match forgets earlier requests', () => {
  const rounds = createRounds();
  rounds.ownAsks(2);
  rounds.reset(50);
  expect(rounds.peerRttMs).toBe(50);
  expect(rounds.peerAsks(2, 60)).toBeUndefined();
});

test('the port of a probe belongs to the round for which it was sent', () => {
  const rounds = createRounds();
  rounds.peerAsks(2, 40, 5001);
  expect(rounds.peerProbePort).toBe(5001);
  rounds.peerAsks(3, 40);
  expect(rounds.peerProbePort).toBeUndefined();
});
