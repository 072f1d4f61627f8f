import { expect, test } from 'vitest';
import type { FileEvent } from '../../../../source/events.ts';
import {
  appendEntry,
  emptyTranscript,
  type Transcript,
} from '../../../../source/ui/conversation/entries/entries.ts';
import { withFileEvent } from '../../../../source/ui/conversation/entries/file-entries.ts';
import { accepted, photo, progress } from '../../../helpers/sessions/file-story.ts';

function after(...events: readonly (FileEvent | string)[]): Transcript {
  return events.reduce<Transcript>(
    (transcript, event, at) =>
      typeof event === 'string'
        ? appendEntry(transcript, { kind: 'note', at, text: event })
        : withFileEvent(transcript, event, at, 'anna'),
    emptyTranscript,
  );
}

function states({ entries }: Transcript): readonly string[] {
  return [...entries].map((entry) => (entry.kind === 'file' ? entry.file.state : entry.text));
}

const done: FileEvent = { ...photo, state: 'done', ms: 1000, path: '/home/a/photo.jpg' };

test('a file has one entry, which changes', () => {
  expect(states(after(photo))).toEqual(['offered']);
  expect(states(after(photo, 'x', accepted(photo), progress(photo, 5)))).toEqual(['accepted', 'x']);
  expect(states(after(photo, accepted(photo), progress(photo, 5), done))).toEqual(['done']);
});

test('an end is told at the end of the transcript if something was said since the offer, unless the user did it', () => {
  const late = [photo, 'v', 'w', 'x', 'y'];
  expect(states(after(...late, done))).toEqual(['offered', 'v', 'w', 'x', 'y', 'done']);
  expect(states(after(...late, accepted(photo)))).toEqual(['accepted', 'v', 'w', 'x', 'y']);
  const cancelled: FileEvent = { ...photo, state: 'cancelled', by: 'me' };
  expect(states(after(...late, cancelled))).toEqual(['cancelled', 'v', 'w', 'x', 'y']);
});

test('the texts of the peer about a file are counted, as long as it is kept', () => {
  const missingFiles = Array.from({ length: 20 }, () => ({
    path: 'x'.repeat(1000),
    reason: 'y'.repeat(1000),
  }));
  const transcript = after(photo, { ...photo, state: 'failed', reason: 'z'.repeat(500), missingFiles });
  expect(transcript.characters).toBe(photo.name.length + 500 + 40_000);
  const full = 'x'.repeat(32 * 1024 * 1024);
  expect(appendEntry(transcript, { kind: 'note', at: 0, text: full }).characters).toBe(full.length);
});
