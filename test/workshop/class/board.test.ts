import { expect, test } from 'vitest';
import { boardText, spreadOf, spreadText } from '../../../source/workshop/class/board.ts';
import { loadExercises } from '../../../source/workshop/load-exercises.ts';
import {
  newLearner,
  stepLearner,
  type LearnerState,
  type LearnerStep,
} from '../../../source/workshop/progress/learner-state.ts';

const exercises = loadExercises();
const NOW = 10_000_000;

function learner(name: string, ...steps: readonly LearnerStep[]) {
  return { name, state: steps.reduce<LearnerState>(stepLearner, newLearner(name)) };
}

function predicted(id: string, text: string, now = 0): LearnerStep {
  return { kind: 'predicted', id, text, now };
}

function judged(id: string, passed: boolean, right: boolean | null, now = 0): LearnerStep {
  return { kind: 'judged', id, passed, right, now };
}

const ada = learner(
  'ada',
  { kind: 'started', id: 'nat-row', now: 0 },
  predicted('nat-row', '50.0.1.2:4000'),
  judged('nat-row', true, true, 65 * 60_000),
  { kind: 'started', id: 'simultaneous-open', now: 0 },
  predicted('simultaneous-open', '2', NOW - 30 * 60_000),
);
const bob = learner('bob', predicted('simultaneous-open', '1'), judged('simultaneous-open', false, false), {
  kind: 'ended',
  id: 'simultaneous-open',
  now: 0,
});
const carol = learner('carol', { kind: 'hinted', id: 'nat-row', hint: 1, now: 0 });

test('the board has a row for each learner and a column for each exercise', () => {
  const { body, foot, head } = boardText([ada, bob, carol], exercises, {
    columns: 80,
    now: NOW,
    frozen: ['simultaneous-open'],
  });
  expect([...head, ...body]).toEqual([
    'learner  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15   time',
    'ada     +✓  ·  · ?…  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·   1:35',
    'bob      ·  ·  · -   ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·   0:00',
    'carol    ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·  ·   0:00',
  ]);
  expect(foot).toContain('Frozen: 4');
});

test('on a narrow terminal each learner has the exercise of now', () => {
  const { body, foot, head } = boardText([ada, carol], exercises, { columns: 40, now: NOW, frozen: [] });
  expect([...head, ...body]).toEqual([
    'learner  passed  last    time',
    'ada           1   4?…    1:35',
    'carol         0          0:00',
  ]);
  for (const line of [...head, ...body, ...foot]) {
    expect(line.length).toBeLessThanOrEqual(40);
  }
});

test('an empty class says so', () => {
  expect(boardText([], exercises, { columns: 80, now: NOW, frozen: [] }).foot).toContain(
    'Nobody has begun yet.',
  );
});

test('a name that a terminal would obey is made safe, and cut', () => {
  const { body } = boardText([learner(`\u001B[31m${'x'.repeat(99)}`)], exercises, {
    columns: 120,
    now: NOW,
    frozen: [],
  });
  expect(body[0]).not.toContain('\u001B');
  expect(body[0]?.length).toBeLessThan(80);
});

const simultaneous = exercises.find(({ id }) => id === 'simultaneous-open')!;
const filter = exercises.find(({ id }) => id === 'filter-and-translate')!;
const natRow = exercises.find(({ id }) => id === 'nat-row')!;

test('numbers are counted in the order of their size, and the right one is known', () => {
  const dave = learner('dave', predicted('simultaneous-open', '2'));
  expect(spreadOf(simultaneous, [ada, bob, carol, dave])).toEqual({
    parts: [
      {
        name: '',
        answers: [
          { answer: '1', count: 1, isRight: false },
          { answer: '2', count: 2, isRight: true },
        ],
      },
    ],
    predicted: 3,
    missing: ['carol'],
  });
});

test('each row of a question has counts of its own, for answers that nobody has given, too', () => {
  const { parts, predicted: count } = spreadOf(filter, [
    learner('ada', predicted(filter.id, filter.solution.predict)),
    learner('bob', predicted(filter.id, 'nonsense')),
  ]);
  expect(count).toBe(1);
  expect(parts.map(({ name }) => name)).toEqual(
    filter.question.kind === 'outcomes' ? filter.question.rows : [],
  );
  for (const { answers } of parts) {
    expect(answers.length).toBeGreaterThan(1);
    expect(answers.filter((one) => one.isRight).map((one) => one.count)).toEqual([1]);
  }
});

test('endpoints are counted, the most frequent first, and none is marked: it differs from lab to lab', () => {
  const { parts } = spreadOf(natRow, [
    learner('ada', predicted('nat-row', '192.168.1.2:4000')),
    learner('bob', predicted('nat-row', '50.0.1.2:4000')),
    learner('carol', predicted('nat-row', '50.0.1.2:4000')),
  ]);
  expect(parts[0]?.answers).toEqual([
    { answer: '50.0.1.2:4000', count: 2, isRight: false },
    { answer: '192.168.1.2:4000', count: 1, isRight: false },
  ]);
});

test('the right answer is marked only after the release', () => {
  const frozen = spreadText(simultaneous, [ada, bob], {
    columns: 80,
    now: NOW,
    frozen: ['simultaneous-open'],
  });
  const released = spreadText(simultaneous, [ada, bob], { columns: 80, now: NOW, frozen: [] });
  expect(frozen.body.join('\n')).not.toContain('right');
  expect(frozen.foot.at(-1)).toContain('punchline workshop release 4');
  expect(released.body).toEqual([`  1  ${'█'.repeat(30)} 1`, `  2  ${'█'.repeat(30)} 1  ← right`]);
});

test('what a learner has written as a prediction cannot reach the terminal', () => {
  const { body, foot } = spreadText(natRow, [learner('ada', predicted('nat-row', '\u001B[2J1.2.3.4:5'))], {
    columns: 80,
    now: NOW,
    frozen: [],
  });
  expect([...body, ...foot].join('\n')).not.toContain('\u001B');
});
