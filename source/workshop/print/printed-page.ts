/**
 * The workshop on paper, as one page of HTML that needs nothing else: a handout
 * for learners, and notes for teachers.
 */
import { marked } from 'marked';
import type { Exercise, Step } from '../exercise.ts';
import { cellsOf, type Question } from '../judge/prediction.ts';
import { blankLadder, lanesOf } from './blank-ladder.ts';
import { escapeHtml } from './escape-html.ts';

/** So many packets fit beside the text of an exercise on a sheet of A4. */
const LADDER_ROWS = 9;
/** Below a table with an answer for each row, so that an exercise stays on one sheet. */
const LADDER_ROWS_BELOW_TABLE = 7;

/** A sheet for each exercise: the goal, the question with room for the answer, what to do, a blank ladder. */
export function handoutPage(exercises: readonly Exercise[]): string {
  return page('The workshop: handout', 'handout', [
    `<header><h1>Punching through NATs</h1><p>Name: <span class="blank wide"></span></p><p>Write down each prediction <strong>before</strong> you look. A wrong one is worth as much as a right one, if it was written down.</p>${contents(exercises)}</header>`,
    ...exercises.map(handoutOf),
  ]);
}

/**
 * The same exercises for teachers: timing, misconceptions, the answer, the
 * solution. `ladders` are pictures of what was seen, by the names of exercises.
 */
export function instructorPage(
  exercises: readonly Exercise[],
  ladders: ReadonlyMap<string, string> = new Map(),
): string {
  const core = exercises.filter((exercise) => exercise.core === true);
  return page('The workshop: notes for teachers', 'notes', [
    `<header><h1>Punching through NATs: notes for teachers</h1><p>A lesson of 90 minutes has time for ${escapeHtml(numbersOf(core))} (${minutesOf(core)} minutes); all of them take ${minutesOf(exercises)}. Let the class predict before anybody looks, and show the spread.</p>${contents(exercises)}</header>`,
    ...exercises.map((exercise) => instructorOf(exercise, ladders.get(exercise.id))),
  ]);
}

function handoutOf(exercise: Exercise): string {
  const { goal, question, text } = exercise;
  return section(exercise, [
    `<p class="goal">${escapeHtml(goal)}</p>`,
    networkOf(exercise),
    `<h3>Before</h3><p>${escapeHtml(question.ask)}</p>${answerBlanks(question)}`,
    `<h3>Do</h3>${markdown(text)}`,
    `<div class="whole"><h3>Draw what you expect, then what you saw</h3>${blankLadder(lanesOf(exercise), 'rows' in exercise.question ? LADDER_ROWS_BELOW_TABLE : LADDER_ROWS)}<p>I was right: <span class="box"></span> &emsp; What I did not expect: <span class="blank wide"></span></p></div>`,
  ]);
}

function instructorOf(exercise: Exercise, ladder = ''): string {
  const { answer, check, goal, hints, instructor, question, references, solution } = exercise;
  return section(exercise, [
    `<p class="goal">${escapeHtml(goal)}</p>`,
    networkOf(exercise),
    markdown(instructor),
    `<h3>Question</h3><p>${escapeHtml(question.ask)}</p><p>Answer: <strong>${escapeHtml(solution.predict)}</strong></p>`,
    markdown(answer),
    ladder === '' ? '' : `<div class="seen"><h3>What was seen on this machine</h3>${ladder}</div>`,
    `<h3>What the verdict looks for</h3><ol>${check.map(({ says, wrong }) => `<li>${escapeHtml(says)}${wrong === undefined ? '' : `<br><em>${escapeHtml(wrong)}</em>`}</li>`).join('')}</ol>`,
    `<h3>Hints</h3><ol>${hints.map((hint) => `<li>${markdown(hint)}</li>`).join('')}</ol>`,
    `<h3>Solution</h3><ul class="steps">${solution.steps.map(stepOf).join('')}</ul>`,
    `<h3>Read on</h3><ul>${references.map(({ link, name }) => `<li>${escapeHtml(name)}${link === undefined ? '' : ` <span class="link">${escapeHtml(link)}</span>`}</li>`).join('')}</ul>`,
  ]);
}

function section({ core, minutes, number, title }: Exercise, parts: readonly string[]): string {
  const extra = core === true ? '' : ' · beyond the 90 minutes';
  return `<section><h2>${number}. ${escapeHtml(title)} <small>${minutes} minutes${extra}</small></h2>${parts.join('')}</section>`;
}

function networkOf({ lab }: Exercise): string {
  return `<p class="network">Network: ${lab.map((site) => `<code>${escapeHtml(site)}</code>`).join(' ')}</p>`;
}

/** Room for the answer: boxes to tick, a table to fill in, or a line. */
function answerBlanks(question: Question): string {
  switch (question.kind) {
    case 'choice':
      return `<ul class="boxes">${question.options.map(({ about = '', word }) => `<li><span class="box"></span> <strong>${escapeHtml(word)}</strong> ${escapeHtml(about)}</li>`).join('')}</ul>`;
    case 'number':
    case 'endpoint': {
      const unit = question.kind === 'number' ? (question.unit ?? '') : '';
      return `<p>I expect: <span class="blank"></span> ${escapeHtml(unit)} &emsp; I saw: <span class="blank"></span></p>`;
    }
    case 'outcomes': {
      const words = question.options.map(({ word }) => word).join(', ');
      return blankTable(['', `I expect (${words})`, 'I saw'], question.rows);
    }
    case 'table':
      return blankTable(
        ['', 'I expect', 'I saw'],
        cellsOf(question).map(({ name }) => name),
      );
  }
}

function blankTable(head: readonly string[], rows: readonly string[]): string {
  const cells = head.map((one) => `<th>${escapeHtml(one)}</th>`).join('');
  const body = rows
    .map((row) => `<tr><th>${escapeHtml(row)}</th>${'<td></td>'.repeat(head.length - 1)}</tr>`)
    .join('');
  return `<table class="blanks"><thead><tr>${cells}</tr></thead><tbody>${body}</tbody></table>`;
}

function stepOf({ background, host, run }: Step): string {
  const place = host === 'here' ? 'outside the lab' : host;
  return `<li>${escapeHtml(place)}${background === undefined ? '' : ' (leave it running)'}: <code>${escapeHtml(run)}</code></li>`;
}

function contents(exercises: readonly Exercise[]): string {
  const rows = exercises.map(
    ({ core, goal, minutes, number, title }) =>
      `<tr><td>${number}${core === true ? ' *' : ''}</td><td>${escapeHtml(title)}</td><td>${escapeHtml(goal)}</td><td>${minutes}</td></tr>`,
  );
  return `<table class="contents"><thead><tr><th></th><th>Exercise</th><th>Goal</th><th>Minutes</th></tr></thead><tbody>${rows.join('')}</tbody></table><p>* in a lesson of 90 minutes</p>`;
}

function minutesOf(exercises: readonly Exercise[]): number {
  return exercises.reduce((sum, { minutes }) => sum + minutes, 0);
}

function numbersOf(exercises: readonly Exercise[]): string {
  return exercises.map(({ number }) => number).join(', ');
}

function markdown(text: string): string {
  return marked.parse(text, { async: false });
}

const style = `
@page { size: A4; margin: 14mm 15mm; }
* { box-sizing: border-box; }
body { font: 10.5pt/1.4 "Noto Serif", Georgia, serif; color: #000; background: #fff; max-width: 180mm; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 20pt; } h2 { font-size: 15pt; border-bottom: 1pt solid #000; padding-bottom: 2pt; } h3 { font-size: 11pt; margin: 1em 0 .2em; }
h1, h2, h3, th { font-family: "Noto Sans", Helvetica, Arial, sans-serif; }
h2 small { float: right; font-weight: normal; font-size: 9pt; padding-top: 4pt; }
p, ul, ol, table { margin: .4em 0; }
code, pre { font: 9pt/1.35 "Noto Sans Mono", "DejaVu Sans Mono", monospace; }
pre { background: #f2f2f2; padding: 4pt 6pt; white-space: pre-wrap; overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; }
.goal { font-style: italic; } .network { font-size: 9pt; } .link { font-size: 8.5pt; overflow-wrap: anywhere; }
.blank { display: inline-block; min-width: 35mm; border-bottom: .6pt solid #000; height: 1em; } .blank.wide { min-width: 85mm; }
.boxes { list-style: none; padding-left: 0; } .box { display: inline-block; width: 3.2mm; height: 3.2mm; border: .6pt solid #000; vertical-align: -0.4mm; }
table { border-collapse: collapse; width: 100%; } th, td { border: .5pt solid #888; padding: 2pt 5pt; text-align: left; vertical-align: top; font-size: 9.5pt; }
.blanks td { height: 7.5mm; width: 40%; }
.ladder { width: 100%; font: 11px "Noto Sans", Helvetica, Arial, sans-serif; margin-top: 4pt; }
.seen svg { width: 100%; height: auto; max-height: 240mm; } .seen { break-inside: avoid; }
.steps li { margin: 2pt 0; }
section { break-before: page; } .notes section + section { break-before: auto; margin-top: 2.5em; } h2, h3 { break-after: avoid; } .whole, pre, table, .ladder, .boxes, li { break-inside: avoid; } p { orphans: 3; widows: 3; }
@media screen { section { margin-top: 3rem; } }
`;

function page(title: string, kind: string, parts: readonly string[]): string {
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style></head><body class="${kind}">\n${parts.join('\n')}\n</body></html>\n`;
}
