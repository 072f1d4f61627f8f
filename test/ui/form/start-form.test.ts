import process from 'node:process';
import { expect, test } from 'vitest';
import { program } from '../../helpers/programs/punchline.ts';
import { openTerminal, type Terminal } from '../../helpers/terminal/terminal.ts';

function openForm(columns = 80, rows = 24): Terminal {
  const env = { XDG_CONFIG_HOME: '/nonexistent', PUNCHLINE_SERVER: '' };
  return openTerminal({ command: process.execPath, args: [program], columns, rows, env });
}

const back = '\u007F';

test.each([
  ['corrections', `abcd${back}${back}e${back}f`, 'abf'],
  ['an emoji that is deleted', `a🙂${back}b`, 'ab'],
  ['arrows', 'ac\u001B[Db', 'abc'],
  ['Ctrl-U', 'wrong\u0015right', 'right'],
  ['Ctrl-W', '7-velvet-orbit\u0017zoo', '7-velvet-zoo'],
  ['a key that means nothing here', 'a\u0001\u001B[15~b', 'ab'],
  ['the rest of code words', `7-velx${back}\torbi\t`, '7-velvet-orbit'],
  ['the rest of code words between spaces', '7 velv\torbi\t', '7 velvet orbit'],
])('all keys of one read have their effect: %s', async (_, keys, value) => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write(keys);
  expect(await form.waitFor(new RegExp(`› Invite +${value} ?$`, 'm'))).toContain('Enter: next');
});

test('text that is typed ahead fills the fields one after the other', async () => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write(`7-velvet-orbit@example.org:1\r\rann${back}na`);
  const shown = await form.waitFor(/› Your name +anna ?$/m);
  expect(shown).toMatch(/Rendezvous +example\.org:1$/m);
});

/** What a terminal sends if the user pastes a text: its line ends become Enter, and marks stand around it. */
function pasted(text: string): string {
  return `\u001B[200~${text.replaceAll('\n', '\r')}\u001B[201~`;
}

test.each([
  'punchline chat 7-velvet-orbit@example.org:9000\n',
  '“7 velvet orbit @ example.org:9000”.',
  '\n$ punchline chat\n7-velvet-\norbit@example.org:9000\n',
])('an invite that is pasted as %j fills the rendezvous in, too', async (text) => {
  await using form = openForm();
  await form.waitFor((shown) => shown.includes('› Invite') && form.xterm.modes.bracketedPasteMode);
  form.write(`${pasted(text)}\r`);
  expect(await form.waitFor(/› Rendezvous +example\.org:9000 ?$/m)).toContain('Enter: next');
});

test('keys in a paste have no effect', async () => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write(`${pasted('7-vel\u001B[A\u0003\u007Fvet\u001B\u0015')}-orbit`);
  expect(await form.waitFor(/› Invite +7-velvet-orbit ?$/m)).toContain('Enter: next');
});

test('a code is no rendezvous', async () => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write('\r7-velvet-orbit\r');
  expect(await form.waitFor('a code stands where a rendezvous is meant')).toContain('› Rendezvous');
});

test('the form asks for a rendezvous that is left out', async () => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write('\r\r');
  expect(await form.waitFor('Enter a rendezvous')).toContain('› Rendezvous');
  form.write('example.org\r');
  await form.waitFor('› Your name');
});

test('Tab goes to the next field if there is nothing to complete', async () => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write('\t');
  await form.waitFor('› Rendezvous');
  form.write('example.org\t');
  expect(await form.waitFor('› Your name')).toContain('example.org');
});

test.each([
  [40, 12],
  [20, 6],
])('in %i columns and %i rows the current field is in view', async (columns, rows) => {
  await using form = openForm(columns, rows);
  await form.waitFor('› Invite');
  form.write('7-velvet\r');
  await form.waitFor('NUMBER-word-word');
  form.write('-orbit\r');
  await form.waitFor('› Rendezvous');
  form.resize(80, 24);
  await form.waitFor(/Invite +7-velvet-orbit$/m);
  form.resize(columns, rows);
  const small = await form.waitFor((text) => /^› Rendezvous$/m.test(text) && text.includes('Enter'));
  expect(small).not.toContain('Your name');
});
