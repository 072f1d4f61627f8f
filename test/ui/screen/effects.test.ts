import { expect, onTestFinished, test } from 'vitest';
import { Shell } from '../../../source/ui/screen/effects.ts';
import { eventually } from '../../helpers/eventually.ts';

/** A shell with a terminal that is given back when a test says so, and what happened to it. */
function shellWithTerminal() {
  const said: string[] = [];
  const stops: PromiseWithResolvers<void>[] = [];
  const draws: PromiseWithResolvers<void>[] = [];
  const bugs: unknown[] = [];
  const shell = new Shell([], [], {
    dispatch: () => undefined,
    close: () => undefined,
    onBug: (error) => bugs.push(error),
  });
  shell.attach({
    suspend: async (use) => {
      said.push('handed over');
      await use();
      const draw = Promise.withResolvers<void>();
      draws.push(draw);
      said.push('drawn');
      // The frame is written, and Ink waits until the output has taken it.
      await draw.promise;
    },
    lend: (use) => use(),
    stop: () => {
      const stop = Promise.withResolvers<void>();
      stops.push(stop);
      said.push('stopped');
      return stop.promise;
    },
  });
  onTestFinished(() => expect(bugs).toEqual([]));
  return { shell, said, stops, draws };
}

const oneStop = ['handed over', 'stopped', 'drawn'];

test('a request to stop that comes while the screen is redrawn is met after that', async () => {
  const { shell, said, stops, draws } = shellWithTerminal();
  shell.run({ kind: 'suspend' });
  stops[0]?.resolve();
  await eventually(() => expect(said).toEqual(oneStop));
  shell.run({ kind: 'suspend' });
  draws[0]?.resolve();
  await eventually(() => expect(said.slice(3)).toEqual(['handed over', 'stopped']));
  stops[1]?.resolve();
  await eventually(() => expect(draws).toHaveLength(2));
  draws[1]?.resolve();
  await eventually(() => expect(shell.isLent).toBe(false));
});

test('two requests to stop before the job has stopped count as one, and the screen is redrawn once', async () => {
  const { shell, said, stops, draws } = shellWithTerminal();
  shell.run({ kind: 'suspend' });
  shell.run({ kind: 'suspend' });
  stops[0]?.resolve();
  await eventually(() => expect(draws).toHaveLength(1));
  shell.renew();
  draws[0]?.resolve();
  await eventually(() => expect(shell.isLent).toBe(false));
  expect(said).toEqual(oneStop);
});
