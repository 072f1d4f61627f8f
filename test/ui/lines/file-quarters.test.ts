import { expect, test } from 'vitest';
import { createFileQuarters } from '../../../source/ui/lines/plain.ts';
import { accepted, album, photo, progress } from '../../helpers/sessions/file-story.ts';

test('each quarter of each file is told once, and only the last of several at once', () => {
  const quarterOf = createFileQuarters();
  const file = { ...photo, bytes: 100 };
  const events = [
    file,
    accepted(file),
    ...[0, 24, 25, 26, 49, 80].map((done) => progress(file, done)),
    progress(album, album.bytes / 2),
    ...[81, 100].map((done) => progress(file, done)),
    { ...file, state: 'done' } as const,
  ];
  expect(events.map(quarterOf).filter((text) => text !== undefined)).toEqual([
    'r1 photo.jpg: 25 %',
    'r1 photo.jpg: 75 %',
    's1 album: 50 %',
  ]);
});

test('a file without bytes has no quarters', () => {
  const quarterOf = createFileQuarters();
  expect(quarterOf(progress({ ...photo, bytes: 0 }, 0))).toBeUndefined();
});

test('a file that comes in one piece is told at its end alone', () => {
  const quarterOf = createFileQuarters();
  const file = { ...photo, bytes: 5 };
  expect([accepted(file), progress(file, 0), progress(file, 5)].map(quarterOf)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
