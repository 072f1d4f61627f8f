/** A lab that is watched while the test runs. */
import type { TestContext } from 'vitest';
import { PunchlineError } from '../../../source/errors.ts';
import type { Lab } from '../../../source/lab/lab.ts';
import type { LabDescription } from '../../../source/lab/plan/description.ts';
import { requireWatching } from '../../../source/lab/watch/router-capture.ts';
import { watchableLab, watchLab, type LabWatch } from '../../../source/lab/watch/watch-lab.ts';
import type { WatchEvent, WatchedPacket, WatchedRow } from '../../../source/lab/watch/watch-events.ts';
import { Heard } from '../eventually.ts';
import { skipWithout } from '../skip-without.ts';
import { labOrSkip } from './lab.ts';

export interface Watched {
  readonly lab: Lab;
  readonly watch: LabWatch;
  readonly heard: Heard<WatchEvent>;
  readonly packet: (matches: (packet: WatchedPacket) => boolean) => Promise<WatchedPacket>;
  readonly row: (matches: (row: WatchedRow) => boolean) => Promise<WatchedRow>;
}

/** Makes a lab and watches it. Skips the test if this machine lacks what that needs. */
export async function watchedLabOrSkip(context: TestContext, description: LabDescription): Promise<Watched> {
  needWatching(context);
  const lab = await labOrSkip(context, description);
  const heard = new Heard<WatchEvent>();
  const watch = await watchLab(watchableLab('test', description, lab), {
    onEvent: (event) => heard.add(event),
  });
  return {
    lab,
    watch,
    heard,
    packet: async (matches) =>
      (await heard.first((event) => event.event === 'packet' && matches(event))) as WatchedPacket,
    row: async (matches) =>
      (await heard.first((event) => event.event === 'row' && matches(event))) as WatchedRow,
  };
}

export function needWatching(context: TestContext): void {
  try {
    requireWatching();
  } catch (error) {
    if (!(error instanceof PunchlineError)) {
      throw error;
    }
    skipWithout(context, error.message);
  }
}
