import { expect, test } from 'vitest';
import { PunchlineError } from '../../../source/errors.ts';
import {
  changeField,
  completeField,
  createForm,
  cutField,
  type Field,
  type FormState,
  goBack,
  isComplete,
  moveChoice,
  submitField,
  trimmedValues,
} from '../../../source/ui/form/form-state.ts';

const color: Field = {
  name: 'color',
  label: 'Color',
  placeholder: '',
  accept: (value) => {
    if (value === '') {
      throw new PunchlineError('ERR_USAGE', 'no color', { hint: 'Name one.' });
    }
    return value === 'sky' ? { shade: 'light' } : undefined;
  },
};
const shade: Field = { name: 'shade', label: 'Shade', placeholder: '', accept: () => undefined };

function form(known: Record<string, string> = {}): FormState {
  return createForm([color, shade], known);
}

test('a field can be changed, submitted, and gone back to with its text', () => {
  const typed = submitField(changeField(form(), 'blue'));
  expect(typed).toMatchObject({ index: 1, values: { color: 'blue' } });
  expect(goBack(typed)).toMatchObject({ index: 0, values: { color: 'blue' } });
  expect(isComplete(submitField(typed))).toBe(true);
});

test('a wrong value keeps its field active, with the reason, until it is changed', () => {
  const refused = submitField(form());
  expect(refused).toMatchObject({ index: 0, error: { message: 'no color', hint: 'Name one.' } });
  expect(changeField(refused, 'b').error).toBeUndefined();
});

test('a field may fill in another one', () => {
  expect(submitField(changeField(form(), 'sky')).values).toEqual({ color: 'sky', shade: 'light' });
});

test('known values are in their fields', () => {
  expect(form({ shade: 'dark', other: 'x' }).values).toEqual({ color: '', shade: 'dark' });
});

test.each<[text: string, index: number, values: Record<string, string>]>([
  ['blue\r', 1, { color: 'blue', shade: '' }],
  ['blue\rdark', 1, { color: 'blue', shade: 'dark' }],
  ['blue\r\ndark\r', 2, { color: 'blue', shade: 'dark' }],
  ['blue\n\n', 2, { color: 'blue', shade: '' }],
  ['\rdark\r', 0, { color: '', shade: '' }],
])('each line end in a read of %j submits a field', (text, index, values) => {
  expect(changeField(form(), text)).toMatchObject({ index, values });
});

test('a change that the editor has not made gets a new editor, with its cursor at the end', () => {
  const word: Field = { ...shade, complete: (value) => (value === 'da' ? 'dark' : undefined) };
  const typed = changeField(createForm([word]), 'da');
  const completed = completeField(typed);
  expect(completed.values).toEqual({ shade: 'dark' });
  expect(completed.revision).toBe(typed.revision + 1);
  expect(isComplete(completeField(completed))).toBe(true);
  expect(cutField(changeField(completed, '7-velvet-orbit@example.org'), 'word').values).toEqual({
    shade: '7-velvet-orbit@example.',
  });
  expect(cutField(completed, 'all').values).toEqual({ shade: '' });
});

const size: Field = {
  name: 'size',
  label: 'Size',
  choices: [
    { value: 's', label: 'small', about: '' },
    { value: 'm', label: 'medium', about: '' },
    { value: 'l', label: 'large', about: '' },
  ],
};
const length: Field = {
  name: 'length',
  label: 'Length',
  isAsked: ({ size: chosen }) => chosen === 'l',
};

/** A form with a choice between two fields, and a field that is asked only after one of the choices. */
function choosing(known: Record<string, string> = {}): FormState {
  return submitField(createForm([shade, size, length, color], known));
}

test('of choices the first one is chosen, or the known one, and the arrows choose another', () => {
  expect(choosing().values['size']).toBe('s');
  expect(choosing({ size: 'm' }).values['size']).toBe('m');
  const down = moveChoice(choosing(), 1);
  expect(down).toMatchObject({ index: 1, values: { size: 'm' } });
  const bottom = moveChoice(moveChoice(down, 1), 1);
  expect(bottom).toMatchObject({ index: 1, values: { size: 'l' } });
  expect(moveChoice(bottom, -1).values['size']).toBe('m');
  // Above the first one is the field before.
  expect(moveChoice(choosing(), -1)).toMatchObject({ index: 0, values: { size: 's' } });
});

test.each([
  ['2', 'm'],
  [' 3 ', 'l'],
  ['Medium', 'm'],
  ['l', 'l'],
  ['', 's'],
])('a choice is taken by its number or its name: %j', (text, value) => {
  expect(changeField(choosing(), text)).toMatchObject({
    index: 1,
    values: { size: value },
    error: undefined,
  });
});

test.each(['0', '4', '1.5', 'huge', '-1'])('%j is none of the choices, and changes nothing', (text) => {
  const hint = 'Choose by a number from 1 to 3.';
  expect(changeField(choosing(), text)).toMatchObject({ index: 1, values: { size: 's' }, error: { hint } });
  expect(changeField(choosing(), `${text}\rblue\r`)).toMatchObject({ index: 1, error: { hint } });
});

test('a field that is not asked is passed over in both directions, and its answer does not count', () => {
  const passed = submitField(changeField(choosing({ length: '7' }), '2'));
  expect(passed.index).toBe(3);
  expect(goBack(passed).index).toBe(1);
  expect(trimmedValues(passed)).toEqual({ shade: '', size: 'm', color: '' });
  const asked = submitField(changeField(choosing({ length: '7' }), '3'));
  expect(asked.index).toBe(2);
  expect(trimmedValues(asked)).toEqual({ shade: '', size: 'l', length: '7', color: '' });
});

test('lines of one read go through a choice', () => {
  const typed = changeField(createForm([shade, size, length, color]), 'dark\r3\r40\rblue\r');
  expect(typed.values).toEqual({ shade: 'dark', size: 'l', length: '40', color: 'blue' });
  expect(isComplete(typed)).toBe(true);
});

test('nothing is cut or completed in a choice', () => {
  expect(cutField(choosing(), 'all').values['size']).toBe('s');
  expect(completeField(choosing()).index).toBe(3);
});
