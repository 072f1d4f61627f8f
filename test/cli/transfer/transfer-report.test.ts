import { expect, test } from 'vitest';
import { summaryText } from '../../../source/cli/transfer/transfer-report.ts';
import type { FileEvent } from '../../../source/events.ts';
import type { Transfer } from '../../../source/ui/transfers/transfers.ts';

function transfer(file: Partial<FileEvent>): Transfer {
  const whole: FileEvent = {
    event: 'file',
    id: 's1',
    direction: 'sent',
    state: 'done',
    name: 'photo.jpg',
    bytes: 1_000_000,
    files: 1,
    isFolder: false,
    ...file,
  };
  return { file: whole, samples: [] };
}

test.each<[string, Partial<FileEvent>[], string | undefined]>([
  ['nothing of a single file, because its own line says it', [{}], undefined],
  ['how many files have arrived', [{}, {}], '2 of 2 files or folders have arrived, 2.0 MB in 12 s'],
  ['that some have not', [{}, { state: 'declined' }], '1 of 2 files or folders has arrived, 1.0 MB in 12 s'],
  [
    'what has arrived of a folder',
    [{ done: 400_000, missing: 2 }, { state: 'failed' }, { state: 'cancelled' }],
    '1 of 3 files or folders has arrived, 400 kB in 12 s',
  ],
  ['nothing of the other direction', [{}, { direction: 'received' }], undefined],
])('sums up %s', (_, files, text) => {
  expect(summaryText(files.map(transfer), 'sent', 12_000)).toBe(text);
});
