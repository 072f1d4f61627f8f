import { expect, test } from 'vitest';
import type { Happening, NatsEvent, RendezvousEvent } from '../../../source/events.ts';
import { notConnecting, reduceConnecting, waitText } from '../../../source/ui/connecting/connecting-state.ts';
import { connected, remote } from '../../helpers/chats/story.ts';

/** One event a second, from second 1. */
function after(...happenings: readonly Happening[]) {
  let state = notConnecting;
  for (const [index, happening] of happenings.entries()) {
    state = reduceConnecting(state, { v: 1, at: (index + 1) * 1000, ...happening });
  }
  return state;
}

function rendezvous(state: RendezvousEvent['state']): Happening {
  return { event: 'rendezvous', place: 'rendezvous', state, server: 'example.org:8877' };
}

const nats: NatsEvent = {
  event: 'nats',
  own: 'counting',
  peer: 'random',
  direct: 'no',
  why: 'its port cannot be guessed',
};
const proof = { event: 'proof', state: 'started', path: 'direct', remote } as const;

test('the time of waiting begins once, also if the rendezvous is lost and comes back', () => {
  const lost = [rendezvous('connecting'), rendezvous('waiting'), rendezvous('closed')];
  expect(after(...lost)).toEqual({ waitingSince: 2000, lostAt: 3000 });
  expect(after(...lost, rendezvous('connecting'), rendezvous('closed'))).toEqual({
    waitingSince: 2000,
    lostAt: 3000,
  });
  expect(after(...lost, rendezvous('connecting'), rendezvous('waiting'))).toEqual({ waitingSince: 2000 });
});

test('a rendezvous that is left after a match is not lost', () => {
  expect(after(rendezvous('waiting'), rendezvous('matched'), rendezvous('closed'))).toMatchObject({
    waitingSince: 1000,
    lostAt: undefined,
    matchedAt: 2000,
  });
});

test('a match that led to no connection leaves nothing but its end', () => {
  const state = after(
    rendezvous('waiting'),
    rendezvous('matched'),
    { ...nats, relayInMs: 900 },
    { event: 'plan', strategy: 'spray', dials: 257 },
    proof,
    rendezvous('closed'),
    rendezvous('connecting'),
  );
  expect(state).toEqual({ waitingSince: 1000, leftAt: 7000 });
});

test('the time of the relay stays known when the NATs are told again', () => {
  const state = after(rendezvous('matched'), nats, { ...nats, relayInMs: 900 }, { ...nats, peer: 'unknown' });
  expect(state).toMatchObject({ relayAt: 3900, nats: { peer: 'unknown' } });
});

test('the plan of the rounds is kept when the local networks are dialled beside it', () => {
  const state = after(
    { event: 'plan', strategy: 'predicted', dials: 2 },
    { event: 'plan', strategy: 'host', dials: 4 },
  );
  expect(state.plan).toMatchObject({ strategy: 'predicted', dials: 2 });
});

test('a connection is checked until it has failed to prove itself', () => {
  expect(after(rendezvous('matched'), proof).proof).toMatchObject({ at: 2000, remote });
  expect(after(rendezvous('matched'), proof, { ...proof, state: 'failed' }).proof).toBeUndefined();
});

test('events that say nothing of the way leave the same state', () => {
  expect(after(connected, { event: 'typing' }, { event: 'invite', code: '', invite: '' })).toBe(
    notConnecting,
  );
});

test.each([
  [59_999, undefined, ''],
  [60_000, undefined, '1 min'],
  [3_599_999, undefined, '59 min'],
  [7_500_000, undefined, '2 h 5 min'],
  [60_000, 59_000, '1 s'],
  [119_000, 59_000, '1 min'],
])('after %i ms, with the rendezvous lost at %s, the wait is told as %j', (now, lostAt, text) => {
  expect(waitText({ waitingSince: 0, lostAt }, now)).toBe(text);
});

test('a clock that goes back makes no wait of less than nothing', () => {
  expect(waitText({ waitingSince: 5000 }, 0)).toBe('');
  expect(waitText({ waitingSince: 5000, lostAt: 6000 }, 0)).toBe('');
});
