/** Runs the steps of a solution, or of a wrong attempt, in the lab of an exercise. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PunchlineError } from '../errors.ts';
import { labSocket, labTools } from '../lab/named/lab-folder.ts';
import type { LabState } from '../lab/named/lab-messages.ts';
import { placeFor } from '../lab/named/run-in-place.ts';
import { toolPath } from '../lab/tools.ts';
import { copyOwnFiles } from '../storage/own-files.ts';
import { labOf, type Exercise, type Step } from './exercise.ts';

/** Bounds a step that names no bound. */
const STEP_SECONDS = 30;
const LOOK_MS = 100;
/** Bounds what is kept of the output of a step. */
const MAX_OUTPUT = 8 * 1024 * 1024;

interface Running {
  readonly step: Step;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exited: Promise<unknown>;
}

/** Resolves with what the chats have told whose events count, by their hosts. */
export async function runSteps(
  exercise: Exercise,
  steps: readonly Step[],
  { folder, lab, tell }: { folder: string; lab: LabState; tell: (step: Step) => void },
): Promise<Readonly<Record<string, string>>> {
  const scratch = mkdtempSync(join(tmpdir(), 'punchline-steps-'));
  const running: Running[] = [];
  try {
    // The programs of the steps read files, and those of a single executable are none.
    copyOwnFiles(folder, join(scratch, 'exercise'));
    for (const step of steps) {
      tell(step);
      const one = start(exercise, step, { lab, scratch });
      running.push(one);
      await settled(lab, one);
    }
    return eventsOf(running);
  } finally {
    for (const { child } of running) {
      end(child);
    }
    await Promise.race([
      Promise.all(running.map(({ exited }) => exited)),
      pause(2000, undefined, { ref: false }),
    ]);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function start(
  exercise: Exercise,
  step: Step,
  { lab, scratch }: { lab: LabState; scratch: string },
): Running {
  // Outside the lab, this program has the same name as inside.
  const here = { PATH: [labTools(labSocket(labOf(exercise))), toolPath].join(delimiter) };
  const { enter, env } = step.host === 'here' ? { enter: [], env: here } : placeFor(lab, step.host);
  const [file = '', ...args] = [...enter, 'sh', '-c', step.run];
  const child = spawn(file, args, {
    // A group of its own, so that its end ends all that it has started.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...env,
      // Where the program is a single executable, this one runs files as Node does.
      NODE: join(labTools(labSocket(labOf(exercise))), 'node'),
      EXERCISE: join(scratch, 'exercise'),
      SCRATCH: scratch,
    },
  });
  let output = '';
  function take(bytes: Buffer) {
    output = (output + String(bytes)).slice(-MAX_OUTPUT);
  }
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return { step, child, output: () => output, exited: once(child, 'close').catch(() => undefined) };
}

/** Resolves when the step is done, or when what goes on in the background has come so far. */
async function settled(lab: LabState, { child, exited, output, step }: Running): Promise<void> {
  const seconds = step.seconds ?? STEP_SECONDS;
  const { background } = step;
  if (background === 'go on') {
    return;
  }
  if (background === undefined) {
    const isDone = await Promise.race([
      exited.then(() => true),
      pause(seconds * 1000, false, { ref: false }),
    ]);
    if (!isDone) {
      end(child);
    }
    return;
  }
  for (let waited = 0; waited < seconds * 1000; waited += LOOK_MS) {
    if (
      'prints' in background
        ? output().includes(background.prints)
        : await isListening(lab, step.host, background.listens)
    ) {
      return;
    }
    if (child.exitCode !== null) {
      break;
    }
    await pause(LOOK_MS);
  }
  throw new PunchlineError(
    'ERR_NETWORK',
    `the step "${step.run}" at ${step.host} has not come far enough in ${seconds} s`,
    { hint: output().trim().slice(-400) },
  );
}

async function isListening({ hosts, routers }: LabState, host: string, port: number): Promise<boolean> {
  const look = ['ss', '-Hltn', `sport = :${port}`];
  const enter = [...hosts, ...routers].find(({ name }) => name === host)?.enter ?? [];
  const [file = '', ...args] = [...enter, ...look];
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PATH: toolPath },
  });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += String(bytes);
  });
  await once(child, 'close');
  return output !== '';
}

function end({ exitCode, pid, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) {
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {
      // It has just ended.
    }
  }
}

function eventsOf(running: readonly Running[]): Record<string, string> {
  const told: Record<string, string> = {};
  for (const { output, step } of running) {
    if (step.events === true) {
      told[step.host] = (told[step.host] ?? '') + output();
    }
  }
  return told;
}
