/** The lab of an exercise: builds it, records what happens in it, and takes it down. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { text } from 'node:stream/consumers';
import { PunchlineError } from '../errors.ts';
import { askLab, listLabs } from '../lab/named/lab-client.ts';
import type { LabState } from '../lab/named/lab-messages.ts';
import { ownCommand } from '../lab/program.ts';
import { parseJson } from '../text/parse-json.ts';
import { safeText } from '../text/safe-text.ts';
import { labOf, type Exercise } from './exercise.ts';
import { workshopFolder } from './progress/learner-file.ts';

/** Bounds the wait until the lab is watched. It takes two seconds on a machine under load. */
const WATCH_LOOKS = 200;
const LOOK_MS = 50;

/** The file in which the events of the lab are. */
export function recordingPath(exercise: Exercise): string {
  return join(workshopFolder(), `${labOf(exercise)}.jsonl`);
}

/** The lab of the exercise if it is up. */
export async function runningLab(exercise: Exercise): Promise<LabState | undefined> {
  return (await listLabs()).find(({ name }) => name === labOf(exercise));
}

/** Makes the lab, and begins to record it. Rejects as `lab up` does. */
export async function startLab(exercise: Exercise): Promise<LabState> {
  const name = labOf(exercise);
  const up = await runOwn(['lab', 'up', name, ...exercise.lab, '--json']);
  if (up.code !== 0) {
    const [message = '', hint] = up.stderr
      .replace(/^Error: /, '')
      .trim()
      .split('\n');
    throw new PunchlineError(
      'ERR_NETWORK',
      `the lab of exercise ${exercise.number} cannot be made: ${safeText(message)}`,
      hint === undefined ? {} : { hint: safeText(hint.trim()) },
    );
  }
  try {
    await record(exercise);
    return await askLab(name, { do: 'show' });
  } catch (error) {
    await endLab(exercise);
    throw error;
  }
}

/** Takes the lab down, if it is up. Resolves with whether it was. */
export async function endLab(exercise: Exercise): Promise<boolean> {
  if ((await runningLab(exercise)) === undefined) {
    return false;
  }
  await askLab(labOf(exercise), { do: 'down' });
  return true;
}

/** Starts a process that writes the events of the lab into a file until the lab ends. */
async function record(exercise: Exercise): Promise<void> {
  const path = recordingPath(exercise);
  rmSync(path, { force: true });
  const file = openSync(path, 'wx', 0o600);
  const [command = '', ...args] = ownCommand(['lab', 'watch', labOf(exercise), '--json']);
  const recorder = spawn(command, args, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', file, 'pipe'],
  });
  closeSync(file);
  const { stderr } = recorder;
  const trouble = stderr === null ? Promise.resolve('') : text(stderr);
  for (let looks = 0; looks < WATCH_LOOKS && recorder.exitCode === null; looks += 1) {
    if (isWatched(path)) {
      stderr?.destroy();
      recorder.unref();
      return;
    }
    await pause(LOOK_MS);
  }
  recorder.kill('SIGTERM');
  throw new PunchlineError(
    'ERR_NETWORK',
    `the lab "${labOf(exercise)}" cannot be watched: ${safeText((await trouble).trim() || 'nothing was told')}`,
    { hint: 'See "punchline help lab" for what watching needs.' },
  );
}

const firstSchema = v.looseObject({ event: v.literal('watch') });

function isWatched(path: string): boolean {
  const [first = '', rest] = readFileSync(path, 'utf8').split('\n', 2);
  return rest !== undefined && v.is(firstSchema, parseJson(first));
}

/** Runs this program, as people do. */
async function runOwn(args: readonly string[]) {
  const [command = '', ...words] = ownCommand(args);
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ]);
  return { stdout, stderr, code };
}
