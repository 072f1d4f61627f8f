import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  form.write(`\r3\rexample.org:1\r\rann${back}na`);
  const shown = await form.waitFor(/› Your name +anna ?$/m);
  expect(shown).toMatch(/Meet at +own server$/m);
  expect(shown).toMatch(/Server +example\.org:1$/m);
});

/** What a terminal sends if the user pastes a text: its line ends become Enter, and marks stand around it. */
function pasted(text: string): string {
  return `\u001B[200~${text.replaceAll('\n', '\r')}\u001B[201~`;
}

test.each([
  'punchline chat 7-velvet-orbit@example.org:9000\n',
  '“7 velvet orbit @ example.org:9000”.',
  '\n$ punchline chat\n7-velvet-\norbit@example.org:9000\n',
])('an invite that is pasted as %j names the place, which is not asked for', async (text) => {
  await using form = openForm();
  await form.waitFor((shown) => shown.includes('› Invite') && form.xterm.modes.bracketedPasteMode);
  form.write(`${pasted(text)}\r`);
  expect(await form.waitFor('› Your name')).not.toContain('Meet at');
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
  form.write('\r3\r7-velvet-orbit\r');
  expect(await form.waitFor('a code stands where a rendezvous is meant')).toContain('› Server');
});

test('the form asks for a rendezvous that is left out', async () => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write('\r3\r\r');
  expect(await form.waitFor('Enter a rendezvous')).toContain('› Server');
  form.write('example.org\r');
  await form.waitFor('› Use it');
  form.write('\r');
  await form.waitFor('› Your name');
});

test('the form offers three places, says who runs the public one and what it sees, and takes arrows and digits', async () => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write('\r');
  const shown = await form.waitFor(/› Meet at +› 1 public mailbox/);
  expect(shown.replaceAll(/\s+/g, ' ')).toContain(
    '1 public mailbox run by volunteers of magic-wormhole; sees both addresses, not the chat',
  );
  expect(shown).toMatch(/^ +2 this machine +no server; /m);
  expect(shown).toMatch(/^ +3 own server/m);
  form.write('\u001B[B');
  await form.waitFor(/› 2 this machine/);
  form.write('3');
  await form.waitFor(/› 3 own server/);
  form.write('\u001B[A\u001B[A\u001B[A');
  await form.waitFor('› Invite');
});

test('Tab goes to the next field if there is nothing to complete', async () => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write('\t');
  await form.waitFor('› Meet at');
  form.write('3\t');
  await form.waitFor('› Server');
  form.write('example.org\t\t');
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
  await form.waitFor('› Your name');
  form.resize(80, 24);
  await form.waitFor(/Invite +7-velvet-orbit$/m);
  form.resize(columns, rows);
  const small = await form.waitFor((text) => /^› Your name$/m.test(text) && text.includes('Enter'));
  expect(small).not.toContain('velvet');
});

test.each([
  [40, 12],
  [20, 6],
])('in %i columns and %i rows one place at a time is in view, with what it means', async (columns, rows) => {
  await using form = openForm(columns, rows);
  await form.waitFor('› Invite');
  form.write('\r');
  const first = await form.waitFor((text) => text.includes('› 1/3 public mailbox') && text.includes('Down'));
  expect(first.replaceAll(/\s+/g, ' ')).toContain('sees both addresses, not the chat');
  form.write('3');
  const third = await form.waitFor('› 3/3 own server');
  expect(third).not.toContain('public');
});

test('a place that is chosen is kept in the config file if the user wants that', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'punchline', 'config.json');
  const env = { XDG_CONFIG_HOME: folder, PUNCHLINE_SERVER: '' };
  {
    await using form = openTerminal({
      command: process.execPath,
      args: [program],
      columns: 80,
      rows: 24,
      env,
    });
    await form.waitFor('› Invite');
    // No name server knows it.
    form.write('\r3\rplace.invalid\r');
    expect(await form.waitFor('› Use it')).toContain('1 this time only');
    form.write('2\r\r');
    await form.waitFor('place.invalid');
    await form.waitFor(/cannot be|does not exist|no address/);
  }
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ server: 'place.invalid' });
  await using again = openTerminal({
    command: process.execPath,
    args: [program],
    columns: 80,
    rows: 24,
    env,
  });
  await again.waitFor('› Invite');
  again.write('\r');
  expect(await again.waitFor('› 1 place.invalid')).toContain('named by the config file');
});

test('a terminal that sends another encoding than UTF-8 is told so once', async () => {
  await using form = openForm();
  await form.waitFor('› Invite');
  form.write('7-velvet-orbit@example.org\r');
  await form.waitFor('› Your name');
  form.write(Buffer.from('René Müller', 'latin1'));
  await form.waitFor(/does not send UTF-8: [^]*Set\s+its\s+encoding,\s+or\s+your\s+locale,\s+to\s+UTF-8\./);
  form.write('\u001B[A');
  await form.waitFor('› Invite');
  expect(form.text()).not.toContain('UTF-8');
  form.write('\r');
  await form.waitFor('› Your name');
  form.write(Buffer.from(' ä.', 'latin1'));
  expect(await form.waitFor('\uFFFD.')).not.toContain('UTF-8');
});

test('a place that is known is offered first, and once', async () => {
  const env = { XDG_CONFIG_HOME: '/nonexistent', PUNCHLINE_SERVER: 'wormhole' };
  const [command, args] = [process.execPath, [program]];
  await using form = openTerminal({ command, args, columns: 80, rows: 24, env });
  await form.waitFor('› Invite');
  form.write('\r');
  const shown = await form.waitFor('› 1 wormhole');
  expect(shown).toContain('named by PUNCHLINE_SERVER');
  expect(shown).toMatch(/^ +2 this machine/m);
  // The variable would win over what is kept.
  form.write('3\rplace.invalid\r');
  await form.waitFor('› Your name');
});
