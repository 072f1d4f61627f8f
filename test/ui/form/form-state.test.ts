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
  submitField,
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
