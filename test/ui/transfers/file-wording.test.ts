import { expect, test } from 'vitest';
import type { FileEvent } from '../../../source/events.ts';
import { bytesText, fileNews, fileText } from '../../../source/ui/transfers/file-wording.ts';

const offer: FileEvent = {
  event: 'file',
  id: 'r1',
  name: 'photo.jpg',
  bytes: 1_234_567,
  files: 1,
  isFolder: false,
  direction: 'received',
  state: 'offered',
};

const folder = { name: 'holiday', files: 120, isFolder: true } as const;
const ours = { id: 's1', direction: 'sent', isFolder: true } as const;

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9950, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [200_000_000, '200 MB'],
  [2 ** 60, '1.2 EB'],
  [2 ** 70, '1181 EB'],
])('says %d bytes as %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each<[Partial<FileEvent>, string | undefined]>([
  [{}, 'the peer offers r1 photo.jpg (1.2 MB)'],
  [{ state: 'accepted' }, 'accepted r1 photo.jpg (1.2 MB)'],
  [{ state: 'progress', done: 5, ms: 10 }, undefined],
  [
    { state: 'done', ms: 2100, path: '/home/ada/photo.jpg' },
    'received r1 photo.jpg (1.2 MB) in 2.1 s, 588 kB/s: /home/ada/photo.jpg',
  ],
  [{ state: 'declined', by: 'me' }, 'declined r1 photo.jpg (1.2 MB)'],
  [{ state: 'failed', reason: 'the disk is full' }, 'r1 photo.jpg (1.2 MB) failed: the disk is full'],
  [{ state: 'cancelled', by: 'peer' }, 'the peer cancelled r1 photo.jpg (1.2 MB)'],
  [
    { id: 's2', direction: 'sent', name: 'holiday', files: 120, isFolder: true, leftOut: 1 },
    'offering s2 holiday/ (1.2 MB, 120 files), without 1 link or device',
  ],
  [{ hidden: 1 }, 'the peer offers r1 photo.jpg (1.2 MB), with 1 hidden name'],
  [
    { direction: 'sent', leftOut: 2, hidden: 3 },
    'offering r1 photo.jpg (1.2 MB), without 2 links or devices, with 3 hidden names',
  ],
  [
    {
      ...ours,
      unreadable: 1,
      unreadableFiles: [{ path: 'a/key', reason: 'it cannot be read: it is not there' }],
    },
    'offering s1 photo.jpg/ (1.2 MB, 1 file); 1 file or folder in it is not sent: a/key (it cannot be read: it is not there)',
  ],
  [
    {
      ...ours,
      leftOut: 2,
      unreadable: 12,
      unreadableFiles: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((path) => ({ path, reason: 'x' })),
    },
    'offering s1 photo.jpg/ (1.2 MB, 1 file), without 2 links or devices; 12 files or folders in it are not sent: a (x), b (x), c (x), d (x), e (x), 7 more',
  ],
  [
    { state: 'done', ms: 20, path: '/home/ada/x', unhidden: 2 },
    'received r1 photo.jpg (1.2 MB) in 20 ms: /home/ada/x; 2 hidden names begin with _ there',
  ],
  [
    {
      ...folder,
      state: 'done',
      done: 1000,
      ms: 2000,
      path: '/home/ada/holiday',
      unhidden: 1,
      missing: 1,
      missingFiles: [{ path: 'a/log', reason: 'it has changed since it was offered' }],
    },
    'received r1 holiday/ (1.0 kB, 119 of 120 files) in 2.0 s, 500 bytes/s: /home/ada/holiday; 1 hidden name begins with _ there; 1 file is missing: a/log (it has changed since it was offered)',
  ],
  [
    {
      ...folder,
      direction: 'sent',
      state: 'done',
      done: 1000,
      missing: 30,
      missingFiles: Array.from({ length: 20 }, (_, n) => ({ path: `${n}`, reason: 'no' })),
    },
    'the peer has r1 holiday/ (1.0 kB, 90 of 120 files); 30 files are missing: 0 (no), 1 (no), 2 (no), 3 (no), 4 (no), 25 more',
  ],
  [
    {
      ...folder,
      unreadable: 2,
      unreadableFiles: [
        { path: 'a', reason: 'x' },
        { path: 'b', reason: 'y' },
      ],
    },
    'the peer offers r1 holiday/ (1.2 MB, 120 files); 2 files or folders in it are not sent: a (x), b (y)',
  ],
  [
    { ...folder, unreadable: 2 },
    'the peer offers r1 holiday/ (1.2 MB, 120 files); 2 files or folders in it are not sent',
  ],
  [
    {
      ...folder,
      state: 'done',
      unreadable: 1,
      unreadableFiles: [{ path: 'a/key', reason: 'x' }],
    },
    'received r1 holiday/ (1.2 MB, 120 files); 1 file or folder is missing: a/key (x)',
  ],
  [
    {
      ...folder,
      state: 'done',
      done: 1000,
      unreadable: 30,
      unreadableFiles: Array.from({ length: 20 }, (_, n) => ({ path: `${n}`, reason: 'no' })),
      missing: 1,
      missingFiles: [{ path: 'log', reason: 'x' }],
    },
    'received r1 holiday/ (1.0 kB, 119 of 120 files); 31 files or folders are missing: log (x), 0 (no), 1 (no), 2 (no), 3 (no), 26 more',
  ],
  [{ state: 'done', unhidden: 1 }, 'received r1 photo.jpg (1.2 MB); 1 hidden name begins with _ there'],
  [
    { direction: 'sent', state: 'declined', by: 'peer', reason: 'no room' },
    'the peer declined r1 photo.jpg (1.2 MB): no room',
  ],
])('says %o', (change, text) => {
  expect(fileText({ ...offer, ...change })).toBe(text);
});

test('tells no rate of a transfer of less than a second', () => {
  expect(fileText({ ...offer, state: 'done', ms: 20 })).toBe('received r1 photo.jpg (1.2 MB) in 20 ms');
});

test.each<[Partial<FileEvent>, string | undefined, string | undefined]>([
  [{}, 'anna offers a file', 'anna offers r1 photo.jpg (1.2 MB)'],
  [{ direction: 'sent' }, undefined, undefined],
  [{ state: 'accepted', direction: 'sent' }, undefined, undefined],
  [{ state: 'progress', done: 5 }, undefined, undefined],
  [
    { state: 'done', isFolder: true },
    'a folder from anna is here',
    'received r1 photo.jpg/ (1.2 MB, 1 file)',
  ],
  [{ state: 'done', direction: 'sent' }, 'anna has a file of yours', 'anna has r1 photo.jpg (1.2 MB)'],
  [
    { state: 'done', isFolder: true, files: 2, done: 1000, missing: 1 },
    'a folder from anna is here, but not all of it',
    'received r1 photo.jpg/ (1.0 kB, 1 of 2 files); 1 file is missing',
  ],
  [
    { state: 'done', isFolder: true, unreadable: 1 },
    'a folder from anna is here, but not all of it',
    'received r1 photo.jpg/ (1.2 MB, 1 file); 1 file or folder is missing',
  ],
  [{ state: 'cancelled', by: 'me' }, undefined, undefined],
  [{ state: 'cancelled', by: 'peer' }, 'anna cancelled a file', 'anna cancelled r1 photo.jpg (1.2 MB)'],
  [{ state: 'failed', reason: 'x' }, 'a file failed', 'r1 photo.jpg (1.2 MB) failed: x'],
])('the notification of %o: %s', (change, news, openly) => {
  const event = { ...offer, ...change };
  expect(fileNews(event, 'anna', false)).toBe(news);
  expect(fileNews(event, 'anna', true)).toBe(openly);
});
