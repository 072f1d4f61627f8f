import { expect, test } from 'vitest';
import {
  appendEntry,
  emptyTranscript,
  MAX_ENTRIES,
  type Transcript,
} from '../../../source/ui/conversation/entries.ts';
import { cpuMs } from '../../helpers/steps/cpu-ms.ts';

function appended(transcript: Transcript, count: number): Transcript {
  return Array.from({ length: count }, (_, n) => n).reduce(
    (all, n) =>
      appendEntry(all, { kind: 'message', at: 0, from: 'peer', id: `${n}`, text: 'x', delivered: false }),
    transcript,
  );
}

test('a message costs with 50,000 before it what it costs with none', () => {
  const full = appended(emptyTranscript, MAX_ENTRIES);
  // The best of some: a machine that has other work, too, only ever adds.
  function costs(transcript: Transcript): number {
    return Math.min(
      ...Array.from({ length: 5 }, () => {
        const before = cpuMs();
        appended(transcript, 500);
        return cpuMs() - before;
      }),
    );
  }
  costs(emptyTranscript);
  expect(costs(full)).toBeLessThan(10 * costs(emptyTranscript));
});

test('keeps the newest, whose numbers stay', () => {
  const { entries } = appended(emptyTranscript, MAX_ENTRIES + 10);
  expect(entries).toHaveLength(MAX_ENTRIES);
  expect(entries.at(0)).toMatchObject({ key: 10 });
  expect(entries.at(-1)).toMatchObject({ key: MAX_ENTRIES + 9 });
});
