import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { Effects } from '../../../source/ui/screen/effects.ts';
import { eventually } from '../../helpers/eventually.ts';

/** Effects with a terminal that the test gives back, and a record of what happened to it. */
function effectsWithTerminal() {
  const said: string[] = [];
  const stops: PromiseWithResolvers<void>[] = [];
  const draws: PromiseWithResolvers<void>[] = [];
  const bugs: unknown[] = [];
  const effects = new Effects([], [], {
    dispatch: () => undefined,
    close: () => undefined,
    tell: () => undefined,
    begin: () => undefined,
    onBug: (error) => bugs.push(error),
  });
  effects.attach({
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
    stdin: process.stdin,
    stdout: process.stdout,
    stop: () => {
      const stop = Promise.withResolvers<void>();
      stops.push(stop);
      said.push('stopped');
      return stop.promise;
    },
  });
  onTestFinished(() => expect(bugs).toEqual([]));
  return { effects, said, stops, draws };
}

const oneStop = ['handed over', 'stopped', 'drawn'];

test('a request to stop that comes while the screen is redrawn is met after that', async () => {
  const { effects, said, stops, draws } = effectsWithTerminal();
  effects.run({ kind: 'suspend' });
  stops[0]?.resolve();
  await eventually(() => expect(said).toEqual(oneStop));
  effects.run({ kind: 'suspend' });
  draws[0]?.resolve();
  await eventually(() => expect(said.slice(3)).toEqual(['handed over', 'stopped']));
  stops[1]?.resolve();
  await eventually(() => expect(draws).toHaveLength(2));
  draws[1]?.resolve();
  await eventually(() => expect(effects.isLent).toBe(false));
});

test('two requests to stop before the job has stopped count as one, and the screen is redrawn once', async () => {
  const { effects, said, stops, draws } = effectsWithTerminal();
  effects.run({ kind: 'suspend' });
  effects.run({ kind: 'suspend' });
  stops[0]?.resolve();
  await eventually(() => expect(draws).toHaveLength(1));
  effects.renew();
  draws[0]?.resolve();
  await eventually(() => expect(effects.isLent).toBe(false));
  expect(said).toEqual(oneStop);
});
