/** Reads the exercises from their folders. A defect is told with its file and field. */
import { fileURLToPath } from 'node:url';
import { join, sep } from 'node:path';
import * as v from 'valibot';
import { PunchlineError, usageError } from '../errors.ts';
import { checkDescription, hostNames } from '../lab/plan/description.ts';
import { routerName } from '../lab/plan/router.ts';
import { parseNamedSite } from '../lab/plan/site-words.ts';
import { fileTrouble } from '../storage/file-trouble.ts';
import { ownFilesIn, readOwnFile } from '../storage/own-files.ts';
import { quote, safeText } from '../text/safe-text.ts';
import { suggest } from '../text/suggest.ts';
import { exerciseSchema, type Exercise, type ExerciseFacts } from './exercise.ts';
import { cellsOf, parsePrediction } from './judge/prediction.ts';

const folderPattern = /^(\d{2})-([a-z][a-z0-9-]{0,30})$/;
const HINTS = 3;

/** The folder of the exercises: beside this file in the source, beside the program in a build. */
export function exercisesFolder(module = import.meta.url): string {
  return fileURLToPath(new URL('exercises/', module));
}

/** The folder of one exercise. */
export function exerciseFolder({ id, number }: Exercise): string {
  return join(exercisesFolder(), `${String(number).padStart(2, '0')}-${id}`);
}

/** All exercises, in their order. Throws ERR_FILE, which names the file and the field. */
export function loadExercises(folder = exercisesFolder()): readonly Exercise[] {
  let files: string[];
  try {
    files = ownFilesIn(folder);
  } catch (cause) {
    throw broken(folder, fileTrouble(cause), cause);
  }
  const names = new Set(files.map((file) => file.split(sep, 1)[0] ?? ''));
  const exercises = [...names]
    .filter((name) => folderPattern.test(name))
    .toSorted()
    .map((name) => loadExercise(folder, name));
  for (const [index, { number }] of exercises.entries()) {
    if (exercises[index - 1]?.number === number) {
      throw broken(folder, `two exercises have the number ${number}`);
    }
  }
  return exercises;
}

/**
 * The exercise that a word names: its number, or its name. Throws ERR_USAGE if there is none, and suggests
 * one, or one of the `others` that could have been meant.
 */
export function exerciseNamed(
  word: string,
  exercises: readonly Exercise[],
  others: readonly string[] = [],
): Exercise {
  const found = exercises.find(({ id, number }) => id === word || String(number) === word.replace(/^0+/, ''));
  if (found === undefined) {
    const meant = suggest(word, [...exercises.map(({ id }) => id), ...others]);
    throw usageError(
      `there is no exercise ${quote(word)}`,
      meant === undefined
        ? `They are 1 to ${exercises.length}: see "punchline workshop".`
        : `Did you mean "punchline workshop ${meant}"?`,
    );
  }
  return found;
}

function loadExercise(folder: string, name: string): Exercise {
  const [, number = '', id = ''] = folderPattern.exec(name) ?? [];
  const path = join(folder, name);
  const facts = readFacts(join(path, 'exercise.json'));
  return {
    ...facts,
    number: Number(number),
    id,
    text: readPage(join(path, 'text.md')),
    hints: hintsIn(join(path, 'hints.md')),
    answer: readPage(join(path, 'answer.md')),
    instructor: readPage(join(path, 'instructor.md')),
  };
}

function readFacts(path: string): ExerciseFacts {
  let value: unknown;
  const text = readPage(path);
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(path, 'it is not JSON', cause);
  }
  const result = v.safeParse(exerciseSchema, value);
  if (!result.success) {
    const { message, place } = deepest(result.issues[0]);
    throw broken(path, `'${safeText(place)}': ${message}`, result.issues);
  }
  expectSense(path, result.output);
  return result.output;
}

/** A value may be one of many shapes. The shape that fits furthest is the one that was meant. */
function deepest(issue: v.BaseIssue<unknown>): { readonly place: string; readonly message: string } {
  const place = v.getDotPath(issue) ?? '';
  const [inner] = (issue.issues ?? [])
    .map(deepest)
    .toSorted((one, other) => other.place.split('.').length - one.place.split('.').length);
  return inner === undefined || inner.place === ''
    ? { place, message: issue.message }
    : { place: place === '' ? inner.place : `${place}.${inner.place}`, message: inner.message };
}

/** What a schema cannot say: sites are sites, hosts are hosts of the lab, and each part of the question has a fact. */
function expectSense(path: string, facts: ExerciseFacts): void {
  const { lab, mistake, panes, question, solution } = facts;
  let hosts: ReadonlySet<string> = new Set();
  check(path, 'lab', () => {
    const sites = lab.map(parseNamedSite);
    checkDescription({ sites: Object.fromEntries(sites.map(({ name, site }) => [name, site])) });
    hosts = new Set([
      'here',
      'internet',
      'rendezvous',
      ...sites.flatMap(({ name, site }) => hostNames(name, site)),
      ...sites.map(({ name }) => routerName(name)),
    ]);
  });
  for (const [field, named] of [
    ['panes', panes],
    ['solution.steps', solution.steps],
    ['mistake.steps', mistake.steps],
  ] as const) {
    const unknown = named.find(({ host }) => !hosts.has(host));
    if (unknown !== undefined) {
      throw broken(path, `'${field}': there is no host ${quote(unknown.host)} in its lab`);
    }
  }
  if (question.kind === 'outcomes' || question.kind === 'table') {
    const bare = cellsOf(question).find(({ name }) => !Object.hasOwn(question.facts, name));
    if (bare !== undefined) {
      throw broken(path, `'question.facts': there is none for ${quote(bare.name)}`);
    }
  }
  check(path, 'solution.predict', () => parsePrediction(question, solution.predict));
  check(path, 'mistake.predict', () => parsePrediction(question, mistake.predict));
}

function check(path: string, field: string, look: () => unknown): void {
  try {
    look();
  } catch (cause) {
    throw broken(path, `'${field}': ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function readPage(path: string): string {
  try {
    return readOwnFile(path);
  } catch (cause) {
    throw broken(path, fileTrouble(cause), cause);
  }
}

/** Each hint stands under a heading of its own, `## 1` to `## 3`. */
function hintsIn(path: string): readonly string[] {
  const hints = readPage(path)
    .split(/^## \d+$/m)
    .slice(1)
    .map((hint) => hint.trim());
  if (hints.length !== HINTS || hints.includes('')) {
    throw broken(path, `it needs ${HINTS} hints, under the headings ## 1 to ## ${HINTS}`);
  }
  return hints;
}

function broken(path: string, why: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_FILE', `the exercise in ${safeText(path)} cannot be used: ${why}`, {
    hint: 'The files of an exercise are described in source/workshop/readme.md.',
    cause,
  });
}
