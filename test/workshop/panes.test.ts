import { expect, test } from 'vitest';
import { loadExercises } from '../../source/workshop/load-exercises.ts';
import { panesOf } from '../../source/workshop/panes.ts';

test('there is a pane for what to do, for each place of the exercise, and for the packets', () => {
  const panes = panesOf(loadExercises()[2]!);
  expect(panes.map(({ title }) => title)).toEqual([
    'exercise 3: what to do',
    'rendezvous: the rendezvous server',
    'bob: bob',
    'alice: alice, who dials from a fresh port at first',
    'the packets',
  ]);
  expect(panes.map(({ command }) => command.slice(-3).join(' '))).toEqual([
    'start 3 --plain',
    'sh -c punchline serve',
    'enter w3 bob',
    'enter w3 alice',
    'lab watch w3',
  ]);
});
