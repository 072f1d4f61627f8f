import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { askLab } from '../../../lab/named/lab-client.ts';
import { watchLab } from '../../../lab/watch/watch-lab.ts';
import { labOf } from '../../../workshop/exercise.ts';
import { recordingPath } from '../../../workshop/exercise-lab.ts';
import { exerciseNamed, loadExercises } from '../../../workshop/load-exercises.ts';

/** Bounds a recording. A whole evening of chats has a tenth of it. */
const MAX_BYTES = 100 * 1024 * 1024;

/**
 * The process behind the lab of an exercise, which nobody types. It writes what
 * happens in the lab into a file until the lab ends. It says `ready` when no
 * packet is missed any more.
 */
export async function runWorkshopRecord({
  exercise: word = '',
}: {
  readonly exercise?: string;
}): Promise<number> {
  const exercise = exerciseNamed(word, loadExercises());
  const state = await askLab(labOf(exercise), { do: 'show' });
  const file = createWriteStream(recordingPath(exercise), { flags: 'wx', mode: 0o600 });
  await once(file, 'open');
  let bytes = 0;
  const watch = await watchLab(state, {
    onEvent: (event) => {
      const line = `${JSON.stringify(event)}\n`;
      bytes += line.length;
      if (bytes <= MAX_BYTES) {
        file.write(line);
      }
    },
  });
  process.stdout.write('ready\n');
  // Our reader may be gone long before the lab.
  await watch.ended;
  file.end();
  await once(file, 'close');
  return 0;
}
