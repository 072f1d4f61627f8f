import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exerciseNamed, exercisesFolder, loadExercises } from '../../source/workshop/load-exercises.ts';

const shipped = loadExercises();

test('there are 15 exercises, numbered from 1, and those of the 90 minutes are 1 to 6 and 10', () => {
  expect(shipped.map(({ number }) => number)).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
  expect(shipped.filter(({ core }) => core === true).map(({ number }) => number)).toEqual([
    1, 2, 3, 4, 5, 6, 10,
  ]);
});

test.each(shipped)('exercise $number, $title, has all that a learner and a teacher need', (exercise) => {
  const { answer, check, instructor, references, text } = exercise;
  expect(text.length).toBeGreaterThan(200);
  expect(answer.length).toBeGreaterThan(400);
  expect(instructor).toMatch(/\*\*Timing:\*\* \d+ minutes/);
  expect(instructor).toContain('**Common misconceptions**');
  expect(references.length).toBeGreaterThan(0);
  expect(check.length).toBeGreaterThan(2);
  // A lab of an exercise is called w and its number.
  const labs = [text, ...exercise.hints].join('\n').matchAll(/lab (?:nat|enter|rebind) (\w+)/g);
  expect([...labs].filter(([, name]) => name !== `w${exercise.number}`)).toEqual([]);
});

test('the wrong attempt of each exercise is told in words that its check has', () => {
  const silent = shipped.filter(
    ({ check, mistake }) => !check.some(({ wrong = '' }) => wrong.includes(mistake.told)),
  );
  expect(silent.map(({ number }) => number)).toEqual([]);
});

test('an exercise is named by its number or its name', () => {
  expect(exerciseNamed('3', shipped).id).toBe('reuse-the-port');
  expect(exerciseNamed('03', shipped).id).toBe('reuse-the-port');
  expect(exerciseNamed('reuse-the-port', shipped).number).toBe(3);
  expect(() => exerciseNamed('16', shipped)).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE', message: "there is no exercise '16'" }) as Error,
  );
});

/** A folder of exercises with one of them, in which a file is changed. */
function changed(file: string, change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-exercises-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const name = '02-filter-and-translate';
  cpSync(join(exercisesFolder(), name), join(folder, name), { recursive: true });
  const path = join(folder, name, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return folder;
}

test('one that is added to the folder is there', () => {
  const folder = changed('text.md', () => 'Do nothing.');
  expect(loadExercises(folder)).toMatchObject([
    { number: 2, id: 'filter-and-translate', text: 'Do nothing.' },
  ]);
});

/** Of an exercise, as far as the tests change it. */
interface Facts {
  readonly check: object[];
  readonly panes: object[];
  readonly question: { readonly facts: Record<string, unknown> };
  readonly solution: object;
}

function withFacts(change: (facts: Facts) => unknown) {
  return (text: string) => {
    const facts = JSON.parse(text) as Facts;
    change(facts);
    return JSON.stringify(facts);
  };
}

test.each([
  ['exercise.json', () => '{', 'it is not JSON'],
  ['exercise.json', withFacts((facts) => Object.assign(facts, { minute: 1 })), "'minute'"],
  ['exercise.json', withFacts((facts) => Object.assign(facts.check[1]!, { is: 'like' })), "'check.1.is'"],
  [
    'exercise.json',
    withFacts((facts) => Object.assign(facts.check[0]!, { left: { packets: { flag: 'S' } } })),
    "'check.0.left.packets.flag'",
  ],
  [
    'exercise.json',
    withFacts((facts) => Object.assign(facts, { lab: ['alice=cones'] })),
    "'lab': 'cones' is not",
  ],
  [
    'exercise.json',
    withFacts((facts) => Object.assign(facts.panes[0]!, { host: 'eve' })),
    "'panes': there is no host 'eve' in its lab",
  ],
  [
    'exercise.json',
    withFacts((facts) => delete facts.question.facts['home']),
    "'question.facts': there is none for 'home'",
  ],
  [
    'exercise.json',
    withFacts((facts) => Object.assign(facts.solution, { predict: 'open=shut' })),
    "'solution.predict': 'shut' is not one of the answers",
  ],
  ['hints.md', () => '## 1\n\nTry.\n\n## 2\n\nTry more.', 'it needs 3 hints'],
] as const)('a defect in %s is told with its file and field (%#)', (file, change, told) => {
  const folder = changed(file, change);
  let error: unknown;
  try {
    loadExercises(folder);
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({ code: 'ERR_FILE' });
  expect((error as Error).message).toContain(join(folder, '02-filter-and-translate', file));
  expect((error as Error).message).toContain(told);
});

test('a missing page is told', () => {
  const folder = changed('answer.md', () => '');
  rmSync(join(folder, '02-filter-and-translate', 'answer.md'));
  expect(() => loadExercises(folder)).toThrow('it is not there');
});
