/** Every exercise, twice, the second time beside a load: its solution passes, and its mistake is told. */
import { afterAll, beforeAll, describe } from 'vitest';
import { loadExercises } from '../../source/workshop/load-exercises.ts';
import { busyProcesses, startLoad } from '../helpers/programs/load.ts';
import { expectVerdicts } from '../helpers/workshop/rehearse.ts';

describe('with nothing beside it', () => {
  expectVerdicts(loadExercises());
});

describe(`beside ${busyProcesses} busy processes`, () => {
  let load: Disposable | undefined;
  beforeAll(() => {
    load = startLoad();
  });
  afterAll(() => load?.[Symbol.dispose]());
  expectVerdicts(loadExercises());
});
