import { expect, test } from 'vitest';
import { textMeasure } from '../../../source/ui/text/text-layout.ts';
import { loadExercises } from '../../../source/workshop/load-exercises.ts';
import { blankLadder, lanesOf } from '../../../source/workshop/print/blank-ladder.ts';
import { escapeHtml } from '../../../source/workshop/print/escape-html.ts';
import { handoutPage, instructorPage } from '../../../source/workshop/print/printed-page.ts';
import { seenLadder } from '../../../source/workshop/print/seen-ladder.ts';
import { evidence, packet } from '../../helpers/workshop/evidence.ts';

const exercises = loadExercises();

function sectionsOf(page: string): readonly string[] {
  return page.split('<section>').slice(1);
}

test('the handout has a sheet for each exercise: the question, room for the answer, a blank ladder, no answer', () => {
  const sections = sectionsOf(handoutPage(exercises));
  expect(sections.length).toBe(exercises.length);
  for (const [index, { answer, question, title }] of exercises.entries()) {
    const sheet = sections[index]!;
    expect(sheet).toContain(`<h2>${index + 1}. ${escapeHtml(title)}`);
    expect(sheet).toContain('<svg class="ladder"');
    expect(sheet).toMatch(question.kind === 'choice' ? /class="box"/ : /class="blank/);
    expect(sheet).not.toContain(answer.slice(0, 40));
  }
});

test('the notes have timing, misconceptions, the answer, the hints and the solution of each exercise', () => {
  const sections = sectionsOf(instructorPage(exercises));
  expect(sections.length).toBe(exercises.length);
  for (const [index, { check, hints, references, solution }] of exercises.entries()) {
    const notes = sections[index]!;
    expect(notes).toContain('<strong>Timing:</strong>');
    expect(notes).toContain('<strong>Common misconceptions</strong>');
    expect(notes).toContain(`Answer: <strong>${solution.predict}</strong>`);
    expect(notes.match(/<li>/g)!.length).toBeGreaterThanOrEqual(
      check.length + hints.length + references.length + solution.steps.length,
    );
  }
});

test('a page needs nothing from elsewhere', () => {
  for (const page of [handoutPage(exercises), instructorPage(exercises)]) {
    expect(page).not.toMatch(/<(?:script|link|img)|src=|url\(/);
    expect(page).toContain('@page { size: A4');
  }
});

test.each([
  [1, ['alice', 'alice.router', 'rendezvous']],
  [3, ['bob', 'bob.router', 'rendezvous', 'alice.router', 'alice']],
  [13, ['alice', 'plain.router', 'rendezvous', 'bob']],
])('the lanes of the ladder of exercise %i', (number, lanes) => {
  expect(lanesOf(exercises[number - 1]!)).toEqual(lanes);
});

test('a ladder has a line for each lane, whose names are escaped', () => {
  const svg = blankLadder(['alice', '<b>'], 3);
  expect(svg.match(/stroke="#000"/g)).toHaveLength(2);
  expect(svg).toContain('&lt;b&gt;');
  expect(svg).not.toContain('<b>');
});

test('the notes have a ladder of what was seen, with the packets that decide', () => {
  const { lab } = evidence([
    packet({ at: 1, flags: 'S', fate: { kind: 'stopped', place: 'bob.router' } }),
    packet({ at: 2, flags: 'SA', from: 'bob', to: 'alice' }),
    packet({ at: 3, flags: 'A' }),
    packet({ at: 4, flags: 'S', from: 'carol' }),
  ]);
  const exercise = exercises[2]!;
  const ladder = seenLadder(exercise, lab, textMeasure)!;
  expect(ladder).toContain('<svg');
  expect(ladder).toContain('2 packets');
  expect(instructorPage(exercises, new Map([[exercise.id, ladder]]))).toContain(ladder);
  expect(ladder).not.toContain('the first');
  expect(seenLadder(exercise, lab.slice(0, 1), textMeasure)).toBeUndefined();
});

test('a ladder that is too long for a sheet says that it is cut', () => {
  const packets = Array.from({ length: 60 }, (_, at) => packet({ at: at * 10_000 }));
  const ladder = seenLadder(exercises[2]!, evidence(packets).lab, textMeasure);
  expect(ladder).toMatch(/the first 48 of \d+ steps/);
});
