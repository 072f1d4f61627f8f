// This import must come first: modules that are loaded before it are not counted.
import { workOf } from '../../../helpers/steps/counted-work.ts';
import { expect, test } from 'vitest';
import {
  appendEntry,
  emptyTranscript,
  MAX_ENTRIES,
  type Transcript,
} from '../../../../source/ui/conversation/entries/entries.ts';

function appended(transcript: Transcript, count: number): Transcript {
  return Array.from({ length: count }, (_, n) => n).reduce(
    (all, n) =>
      appendEntry(all, {
        kind: 'message',
        at: 0,
        from: 'peer',
        name: 'anna',
        id: `${n}`,
        text: 'x',
        delivered: false,
      }),
    transcript,
  );
}

test('adding a message takes about as many steps after 50,000 as after none', () => {
  const full = appended(emptyTranscript, MAX_ENTRIES);
  function stepsFor(transcript: Transcript): number {
    return workOf(() => appended(transcript, 500)).steps;
  }
  expect(stepsFor(full)).toBeLessThan(10 * stepsFor(emptyTranscript));
});

test('keeps the newest entries with their numbers', () => {
  const { entries } = appended(emptyTranscript, MAX_ENTRIES + 10);
  expect(entries).toHaveLength(MAX_ENTRIES);
  expect(entries.at(0)).toMatchObject({ key: 10 });
  expect(entries.at(-1)).toMatchObject({ key: MAX_ENTRIES + 9 });
});
