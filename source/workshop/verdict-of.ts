/** The verdict on an exercise, from its recording. */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { readRecording } from './evidence-files.ts';
import type { Exercise } from './exercise.ts';
import { recordingPath, runningLab } from './exercise-lab.ts';
import type { Evidence } from './judge/evidence.ts';
import { judge, type Verdict } from './judge/judge.ts';

/** The fate of a packet is told a moment after the packet. */
const LOOKS = 8;
const LOOK_MS = 500;

/** While the lab is up, it looks again for a while: the fate of the last packets may not be told yet. */
export async function verdictOf(
  exercise: Exercise,
  { chats, prediction }: Omit<Evidence, 'lab'>,
): Promise<Verdict> {
  const path = recordingPath(exercise);
  const isUp = (await runningLab(exercise)) !== undefined;
  for (let looks = 1; ; looks += 1) {
    const lab = existsSync(path) ? readRecording(path) : [];
    const verdict = judge(exercise.question, exercise.check, { lab, chats, prediction });
    if (verdict.passed || !isUp || looks >= LOOKS) {
      return verdict;
    }
    await pause(LOOK_MS);
  }
}
