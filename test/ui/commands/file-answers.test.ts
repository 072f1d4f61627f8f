import { expect, test } from 'vitest';
import { answerOf, readHidden } from '../../../source/ui/commands/file-commands.ts';
import { noFiles, reduceFiles } from '../../../source/ui/transfers/transfers.ts';
import { accepted, album, photo, progress } from '../../helpers/sessions/file-story.ts';

const song = { ...photo, id: 'r2', name: 'song.mp3', bytes: 3_000_000 };

function transfersOf(...events: readonly (typeof photo)[]): typeof noFiles.transfers {
  return events.reduce((files, event) => reduceFiles(files, event, 0), noFiles).transfers;
}

test('without an id, the command is about the only offer, and the rest is the folder', () => {
  expect(answerOf('accept', '', transfersOf(photo, album))).toEqual({ id: 'r1', rest: '' });
  expect(answerOf('accept', '~/My files', transfersOf(photo))).toEqual({ id: 'r1', rest: '~/My files' });
  expect(answerOf('decline', 'no room', transfersOf(photo))).toEqual({ id: 'r1', rest: 'no room' });
});

test('the id selects one of several offers', () => {
  const both = transfersOf(photo, song);
  expect(answerOf('accept', 'r2', both)).toEqual({ id: 'r2', rest: '' });
  expect(answerOf('accept', 'r2  ~/Music', both)).toEqual({ id: 'r2', rest: '~/Music' });
  expect(answerOf('accept', '~/Music', both)).toEqual({
    wrong: 'Which one? /accept r1 is photo.jpg (12 MB); /accept r2 is song.mp3 (3.0 MB).',
  });
});

test('a folder whose name begins like an id is not an id', () => {
  expect(answerOf('accept', 'r1x', transfersOf(photo))).toEqual({ id: 'r1', rest: 'r1x' });
  expect(answerOf('accept', './r1', transfersOf(photo))).toEqual({ id: 'r1', rest: './r1' });
});

test('only an open offer can be accepted or declined', () => {
  const answered = transfersOf(photo, accepted(photo), album);
  expect(answerOf('accept', '', answered)).toEqual({ wrong: 'There is no offer to accept.' });
  expect(answerOf('decline', 's1', answered)).toEqual({ wrong: 'There is no offer to decline.' });
  expect(answerOf('accept', 'r9', transfersOf(song))).toEqual({
    wrong: 'You cannot accept r9. Possible: /accept r2 is song.mp3 (3.0 MB).',
  });
});

test('our offers can be cancelled, and files under way in either direction', () => {
  expect(answerOf('cancel', '', transfersOf(album))).toEqual({ id: 's1', rest: '' });
  expect(answerOf('cancel', '', transfersOf(photo, progress(photo, 1)))).toEqual({ id: 'r1', rest: '' });
  expect(answerOf('cancel', '', transfersOf(photo))).toEqual({ wrong: 'There is no file to cancel.' });
  expect(answerOf('cancel', 's1', transfersOf(photo, progress(photo, 1), album))).toEqual({
    id: 's1',
    rest: '',
  });
});

test.each([
  ['', '', false],
  ['--hidden', '', true],
  ['r2 --hidden', 'r2 ', true],
  ['--hidden r2', 'r2', true],
  ['--hidden r2 ~/My files', 'r2 ~/My files', true],
  ['r2  --hidden  ~/My files', 'r2  ~/My files', true],
  ['r2 ~/My files --hidden', 'r2 ~/My files', true],
  ['~/a --hidden b', '~/a --hidden b', false],
  ['./--hidden', './--hidden', false],
  ['"a --hidden"', '"a --hidden"', false],
  ['--hiddenness', '--hiddenness', false],
])('/accept %s is /accept %s, and keeps hidden names: %s', (argument, rest, hidden) => {
  expect(readHidden(argument)).toEqual({ rest, hidden });
});
