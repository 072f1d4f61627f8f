/** The lab of an exercise: builds it, records what happens in it, and takes it down. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { PunchlineError } from '../errors.ts';
import { holdLab } from '../lab/named/hold-lab.ts';
import { askLab, listLabs } from '../lab/named/lab-client.ts';
import { readLine, type LabState } from '../lab/named/lab-messages.ts';
import { parseNamedSite } from '../lab/plan/site-words.ts';
import { ownCommand } from '../lab/program.ts';
import { safeText } from '../text/safe-text.ts';
import { labOf, type Exercise } from './exercise.ts';
import { workshopFolder } from './progress/workshop-folder.ts';

/** Bounds the wait until the lab is watched. It takes a second, and some more on a machine under load. */
const WATCH_TIMEOUT_MS = 20_000;

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
  const sites = exercise.lab.map(parseNamedSite).map(({ name, site }) => [name, site] as const);
  const state = await holdLab(labOf(exercise), { sites: Object.fromEntries(sites) });
  try {
    await record(exercise);
    return state;
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

/** Starts a process that writes the events of the lab into a file until the lab ends. Resolves when nothing is missed any more. */
async function record(exercise: Exercise): Promise<void> {
  rmSync(recordingPath(exercise), { force: true });
  const [command = '', ...args] = ownCommand(['workshop', 'record', String(exercise.number)]);
  // In a session of its own it outlives this terminal. In `/`, it keeps no disk from being unmounted.
  const recorder = spawn(command, args, { detached: true, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const trouble = text(recorder.stderr);
  const line = await Promise.race([
    readLine(recorder.stdout),
    pause(WATCH_TIMEOUT_MS, undefined, { ref: false }),
  ]);
  if (line === 'ready') {
    recorder.stdout.destroy();
    recorder.stderr.destroy();
    // What is read of a stream that was destroyed ends with an error that means nothing.
    trouble.catch(() => undefined);
    recorder.unref();
    return;
  }
  recorder.kill('SIGTERM');
  const [message = '', hint = ''] = (await trouble)
    .replace(/^punchline: /, '')
    .trim()
    .split('\n');
  throw new PunchlineError(
    'ERR_NETWORK',
    `the lab "${labOf(exercise)}" cannot be watched: ${safeText(message) || 'it took too long'}`,
    hint === '' ? {} : { hint: safeText(hint.trim()) },
  );
}
