import { expect, test } from 'vitest';
import { factsOf } from '../../../source/workshop/client-check/verdict/client-facts.ts';
import { rendezvous, TrialStory } from '../../helpers/clients/trial-story.ts';

test('SYNs that are sent again are one dial', () => {
  const story = new TrialStory().paired();
  for (const at of [0, 1000, 3000]) {
    story.sends('first', at, { seq: 77, fate: { kind: 'stopped', place: 'bob.router' } });
  }
  const { dials } = factsOf(story.evidence()).first;
  expect(dials).toMatchObject([{ from: 4000, to: '50.0.2.2:5000', end: 'open' }]);
  expect(dials[0]?.syns).toHaveLength(3);
});

test('the answer to a dial acknowledges its number, also where 32 bits are over', () => {
  const story = new TrialStory().paired();
  story.dials('first', 0, { seq: 2 ** 32 - 1, fate: { kind: 'delivered' } });
  story.sends('second', 40, { flags: 'SA', ack: 0 });
  expect(factsOf(story.evidence()).first.dials).toMatchObject([{ end: 'connected' }]);
});

test('an answer of the router is a refusal', () => {
  const story = new TrialStory().paired().dials('first', 0, { answer: 'refused by router' });
  expect(factsOf(story.evidence()).first.dials).toMatchObject([{ end: 'refused' }]);
});

test('the second is told once, the first twice, and a greeting that is sent again counts once', () => {
  const story = new TrialStory().paired({ lateMs: 700 });
  const { first, second } = factsOf(story.evidence());
  expect((second.toldAt ?? 0) - (first.toldAt ?? 0)).toBe(700);
});

test('a greeting that was lost tells nobody anything', () => {
  const story = new TrialStory().met('first', -2000).met('second', -1100);
  story.greeted('second', 0, 20, { kind: 'lost', place: 'internet' });
  expect(factsOf(story.evidence()).second.toldAt).toBeUndefined();
});

test('the connection to the server says which port the NAT has mapped', () => {
  const { first, second } = factsOf(new TrialStory(10_000).paired().evidence());
  expect([first.met?.port, first.met?.seen]).toEqual([4000, '50.0.1.2:14000']);
  expect([second.met?.port, second.met?.seen]).toEqual([5000, '50.0.2.2:15000']);
});

test('what comes after the end of the trial is not what the client did', () => {
  const story = new TrialStory().met('first', 0).greeted('first', 1000, 7);
  story.sends('first', 9000, { to: rendezvous, flags: 'FA' });
  expect(factsOf(story.evidence({}, 9000)).first.leftAt).toBeDefined();
  expect(factsOf(story.evidence({}, 8999)).first.leftAt).toBeUndefined();
});

test('events may come in any order', () => {
  const story = new TrialStory().paired().dials('first', 0, { answer: 'refused by router' });
  const evidence = story.evidence();
  expect(factsOf({ ...evidence, events: evidence.events.toReversed() })).toEqual(factsOf(evidence));
});
