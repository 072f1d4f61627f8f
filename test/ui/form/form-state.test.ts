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

test('a field is changed, submitted and gone back to, with what was typed', () => {
  const typed = submitField(changeField(form(), 'blue'));
  expect(typed).toMatchObject({ index: 1, values: { color: 'blue' } });
  expect(goBack(typed)).toMatchObject({ index: 0, values: { color: 'blue' } });
  expect(isComplete(submitField(typed))).toBe(true);
});

test('what cannot be right keeps its field, with the reason, until it is changed', () => {
  const refused = submitField(form());
  expect(refused).toMatchObject({ index: 0, error: { message: 'no color', hint: 'Name one.' } });
  expect(changeField(refused, 'b').error).toBeUndefined();
});

test('one field may fill in another', () => {
  expect(submitField(changeField(form(), 'sky')).values).toEqual({ color: 'sky', shade: 'light' });
});

test('what is known already stands in its field', () => {
  expect(form({ shade: 'dark', other: 'x' }).values).toEqual({ color: '', shade: 'dark' });
});

test.each<[text: string, index: number, values: Record<string, string>]>([
  ['blue\r', 1, { color: 'blue', shade: '' }],
  ['blue\rdark', 1, { color: 'blue', shade: 'dark' }],
  ['blue\r\ndark\r', 2, { color: 'blue', shade: 'dark' }],
  ['blue\n\n', 2, { color: 'blue', shade: '' }],
  ['\rdark\r', 0, { color: '', shade: '' }],
])('a read of %j submits what its line ends submit', (text, index, values) => {
  expect(changeField(form(), text)).toMatchObject({ index, values });
});

test('an editor begins anew behind what was changed beside it', () => {
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
