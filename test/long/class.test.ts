/** A learner on the server of a class, who is an ordinary user there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { loadExercises } from '../../source/workshop/load-exercises.ts';
import { classServerOrSkip } from '../helpers/workshop/class-server.ts';

test.for(loadExercises().map(({ number, title }) => [number, title] as const))(
  'an ordinary user passes exercise %i, %s',
  async ([number], context) => {
    using server = await classServerOrSkip(context, ['learner']);
    const [command, ...args] = server.login('learner');
    const child = spawn(command, [...args, `punchline workshop rehearse ${number}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    expect({ code, stdout, stderr: code === 0 ? '' : stderr }).toMatchObject({ code: 0, stderr: '' });
  },
);
