import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { fillFormByLines } from '../../../source/ui/form/form-lines.ts';
import {
  changeField,
  completeField,
  createForm,
  type FormState,
  submitField,
} from '../../../source/ui/form/form-state.ts';
import { fillForm } from '../../../source/ui/form/start-form.tsx';
import { friendOf, inviteField, listText } from '../../../source/ui/form/invite-field.ts';
import { createEmulator } from '../../helpers/terminal/emulator.ts';
import { screenSettings } from '../../../source/ui/settings/screen-settings.ts';

const friends = ['Ada', 'Adam', 'bob'];

function typed(text: string, names: readonly string[] = friends): FormState {
  return changeField(createForm([inviteField(names)]), text);
}

test.each([
  ['b', 'bob'],
  ['BO', 'bob'],
  ['a', 'Ada'],
  ['7-velv', '7-velvet-'],
])('Tab completes %s to %s', (text, whole) => {
  expect(completeField(typed(text))).toMatchObject({ index: 0, values: { invite: whole }, error: undefined });
});

test('Tab behind a whole name goes on, also if others begin with it', () => {
  expect(completeField(typed('Ada'))).toMatchObject({ index: 1 });
});

test('Tab does nothing where the next letter decides', () => {
  expect(completeField(typed('an', ['anna', 'andy']))).toMatchObject({
    index: 0,
    values: { invite: 'an' },
    error: undefined,
  });
});

test('a name is taken in place of an invite, whatever its capitals are', () => {
  expect(submitField(typed('BOB'))).toMatchObject({ index: 1, values: { isJoining: 'yes' } });
  expect(friendOf('BOB', friends)).toBe('bob');
  expect(friendOf('7-velvet-orbit', friends)).toBeUndefined();
});

test('a word that is neither says so', () => {
  expect(submitField(typed('bobb')).error).toEqual({
    message: "'bobb' is no invite, and no friend has this name",
    hint: 'Did you mean bob?',
  });
  expect(submitField(typed('zebra')).error?.hint).toContain('An invite looks like');
  expect(submitField(typed('7-velvet')).error?.message).toContain('the code has 1 word');
  expect(submitField(typed('zebra', [])).error?.message).not.toContain('friend has');
});

test('the list has as many names as there is room for, and counts the others', () => {
  expect(listText(friends, 80)).toBe('Ada, Adam, bob');
  expect(listText(friends, 14)).toBe('Ada, Adam, bob');
  expect(listText(friends, 13)).toBe('3 in all');
  expect(listText([...friends, 'carol'], 18)).toBe('Ada and 3 more');
  expect(listText(friends, 5)).toBe('3 in all');
  expect(listText([], 80)).toBe('');
  expect(listText(['a\u001Bb'], 80)).toBe('a␛b');
});

test('without a screen, the names are listed before the question', async () => {
  const stdin = new PassThrough();
  let asked = '';
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      asked += String(chunk);
      done();
    },
  });
  stdin.end('bob\n');
  const values = await fillFormByLines('Hello', createForm([inviteField(friends)]), stdin, stdout);
  expect(values).toEqual({ invite: 'bob' });
  expect(asked).toContain('Friends: Ada, Adam, bob\nInvite (an invite, or the name of a friend;');
});

test.each([
  { columns: 80, rows: 24 },
  { columns: 40, rows: 12 },
])('the form lists those that begin with what was typed, in $columns columns', async ({ columns, rows }) => {
  const emulator = createEmulator({ columns, rows, convertEol: true });
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: () => stdin,
    ref: () => stdin,
    unref: () => stdin,
  });
  const stdout = Object.assign(
    new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        emulator.write(chunk.toString());
        done();
      },
    }),
    { isTTY: true, columns, rows },
  );
  const filled = fillForm('Meet a friend', createForm([inviteField(friends)]), {
    look: screenSettings({}, { LANG: 'C.UTF-8' }, {}),
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
  });
  await emulator.waitFor('Friends: Ada, Adam, bob');
  stdin.write('b');
  await emulator.waitFor(/Friends: bob$/m);
  stdin.write('\t');
  await emulator.waitFor(/bob *$[^]*Friends: bob$/m);
  stdin.write('\r');
  expect(await filled).toEqual({ invite: 'bob' });
});
