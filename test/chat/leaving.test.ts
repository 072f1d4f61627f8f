import { expect, test } from 'vitest';
import { endOf, stepLeaving, type LeavingInput, type Stage } from '../../source/chat/leaving.ts';

const inputs: readonly LeavingInput[] = ['finish', 'leave', 'now', 'delivered', 'peer-left', 'interrupt'];

/** For each input, in the order above: the next stage and the act, or `-` if nothing changes. */
const whole: Readonly<Record<Stage, readonly string[]>> = {
  talking: ['finishing decline', 'leaving hurry', 'gone go', '-', 'peer-left', 'interrupted go'],
  finishing: ['-', 'leaving hurry', 'gone go', 'finished part', 'peer-left', 'interrupted go'],
  leaving: ['-', 'gone go', 'gone go', 'left part', 'peer-left', 'interrupted go'],
  finished: ['-', 'left hurry', 'gone go', '-', 'peer-left', 'interrupted go'],
  left: ['-', 'gone go', 'gone go', '-', 'peer-left', 'interrupted go'],
  'peer-left': ['-', 'peer-left go', 'peer-left go', '-', '-', 'interrupted go'],
  gone: ['-', 'gone go', 'gone go', '-', 'peer-left', 'interrupted go'],
  interrupted: ['-', 'interrupted go', 'interrupted go', '-', '-', 'interrupted go'],
  ended: ['-', '-', '-', '-', '-', '-'],
};

const stages = Object.keys(whole) as Stage[];

test.each(stages)('the row of the table for the stage %s', (stage) => {
  const row = inputs.map((input) => {
    const step = stepLeaving(stage, input);
    return step.length === 1 && step[0] === stage ? '-' : step.join(' ');
  });
  expect(row).toEqual(whole[stage]);
});

test.each([
  ['talking', 'quit', 'failed'],
  ['finishing', 'quit', 'failed'],
  ['leaving', 'quit', 'failed'],
  ['finished', 'quit', 'failed'],
  ['left', 'quit', 'failed'],
  ['peer-left', 'peer-left', 'failed'],
  ['gone', 'quit', 'failed'],
  ['interrupted', 'interrupted', 'interrupted'],
] as const)('a chat that is %s ends as %s, or as %s with an error', (stage, plain, failed) => {
  expect([endOf(stage, false), endOf(stage, true)]).toEqual([plain, failed]);
});

test('in every stage, leaving twice ends at once', () => {
  for (const stage of stages.filter((one) => one !== 'ended')) {
    const [first] = stepLeaving(stage, 'leave');
    expect(stepLeaving(first, 'leave').at(-1)).toBe('go');
  }
});
