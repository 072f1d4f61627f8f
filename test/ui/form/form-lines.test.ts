import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { fillFormByLines } from '../../../source/ui/form/form-lines.ts';
import { createForm } from '../../../source/ui/form/form-state.ts';

const form = createForm([
  {
    name: 'place',
    label: 'Meet at',
    choices: [
      { value: 'here', label: 'this machine', about: 'no server' },
      { value: 'own', label: 'own server', about: 'by name' },
    ],
  },
  { name: 'server', label: 'Server', placeholder: 'HOST', isAsked: ({ place }) => place === 'own' },
]);

/** What was asked, and the answers to it. */
async function fill(...lines: readonly string[]) {
  const stdin = new PassThrough();
  let asked = '';
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      asked += String(chunk);
      done();
    },
  });
  stdin.end(lines.map((line) => `${line}\n`).join(''));
  const values = await fillFormByLines('Where?', form, stdin, stdout);
  return { asked, values };
}

test('a choice is a list with numbers, and is answered by one of them', async () => {
  const { asked, values } = await fill('2', 'example.org');
  expect(asked).toBe(
    'Where?\nMeet at:\n  1 this machine: no server\n  2 own server: by name\nNumber (empty: 1): Server (HOST): ',
  );
  expect(values).toEqual({ place: 'own', server: 'example.org' });
});

test('an empty line takes the choice that is named, and what does not follow from it is not asked', async () => {
  expect((await fill('')).values).toEqual({ place: 'here' });
});

test('what is none of the choices is said, and the choice is asked for again', async () => {
  const { asked, values } = await fill('7', '1');
  expect(asked).toContain('That is none of the choices. Choose by a number from 1 to 2.\nMeet at:');
  expect(values).toEqual({ place: 'here' });
});

test('the end of the input leaves the form', async () => {
  expect((await fill('2')).values).toBeUndefined();
});
