import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { code, startPair } from '../helpers/pair.ts';
import { startPunchline, startServer } from '../helpers/punchline.ts';

/** Names nobody has: whoever reaches for it says so in its error. */
const nowhere = (name: string) => `${name}.invalid`;

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder for XDG_CONFIG_HOME with this config file. */
function withConfig(text: string): { readonly env: Record<string, string>; readonly path: string } {
  const folder = makeFolder();
  mkdirSync(join(folder, 'punchline'));
  const path = join(folder, 'punchline', 'config.json');
  writeFileSync(path, text);
  return { env: { XDG_CONFIG_HOME: folder }, path };
}

describe('the rendezvous', () => {
  const invite = `${code}@${nowhere('invite')}`;
  const variable = { PUNCHLINE_SERVER: nowhere('variable') };
  const config = JSON.stringify({ server: nowhere('file') });

  test.each([
    ['--server over the invite', ['-s', nowhere('option'), invite], variable, 'option'],
    ['the invite over the variable', [invite], variable, 'invite'],
    ['the variable over the config file', [], variable, 'variable'],
    ['an empty variable is none', [], { PUNCHLINE_SERVER: '' }, 'file'],
    ['the config file', [], {}, 'file'],
  ])('is taken from %s', async (_, words, env, source) => {
    const chat = startPunchline(['chat', '--json', ...words], {
      env: { ...withConfig(config).env, ...env },
    });
    expect(await chat.waitFor('rendezvous')).toMatchObject({ server: nowhere(source) });
    const { code: exit, stderr } = await chat.ended();
    expect(exit).toBe(3);
    expect(stderr).toContain(nowhere(source));
  });

  test('is met where the config file names it, under the name that it names', async () => {
    const { port, probePort } = await startServer();
    const { env } = withConfig(JSON.stringify({ server: `127.0.0.1:${port}`, name: 'anna' }));
    const args = ['chat', '--json', '--code', code, '--probe-port', String(probePort)];
    const anna = startPunchline(args, { env });
    await anna.waitFor('rendezvous', ({ state }) => state === 'waiting');
    const berta = startPunchline([...args, '--name', 'berta'], { env });
    expect(await berta.waitFor('connected')).toMatchObject({ peer: { name: 'anna' } });
    expect(await anna.waitFor('connected')).toMatchObject({ peer: { name: 'berta' } });
  });

  test('that nobody names is usage without a terminal', async () => {
    const { code: exit, stderr } = await startPunchline(['chat', '--json']).ended();
    expect(exit).toBe(2);
    expect(stderr).toContain('no rendezvous is named');
    for (const place of ['--server', 'PUNCHLINE_SERVER', 'config file']) expect(stderr).toContain(place);
  });
});

test.each([
  ['that is no JSON', '{server: 1}', 'it is not JSON'],
  ['with an unknown key', '{"servr": "example.org"}', "'servr' is no key"],
  ['with a number for a text', '{"name": 7}', 'name is not a text'],
  ['with a bad server', '{"server": "example.org:99999"}', '99999'],
])('a config file %s is usage, and named', async (_, text, complaint) => {
  const { env, path } = withConfig(text);
  const { code: exit, stderr, stdout } = await startPunchline(['chat', '--json'], { env }).ended();
  expect(exit).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(complaint);
  expect(stderr).toContain(path);
});

describe('PUNCHLINE_CODE', () => {
  test('is a code agreed beforehand', async () => {
    const { options } = await startServer();
    const start = () => startPunchline(['chat', '--json', ...options], { env: { PUNCHLINE_CODE: code } });
    const chats = [start(), start()];
    for (const chat of chats) expect(await chat.waitFor('connected')).toMatchObject({ path: 'lan' });
  });

  test('stands behind --code and an invite', async () => {
    const env = { PUNCHLINE_CODE: 'nonsense' };
    const { options } = await startServer();
    const one = startPunchline(['chat', '--json', '--code', code, ...options], { env });
    await one.waitFor('rendezvous', ({ state }) => state === 'waiting');
    const two = startPunchline(['chat', '--json', code, ...options], { env });
    expect(await two.waitFor('connected')).toMatchObject({ path: 'lan' });
  });

  test('that is malformed is usage', async () => {
    const chat = startPunchline(['chat', '--json', '-s', nowhere('x')], {
      env: { PUNCHLINE_CODE: '12-velvet' },
    });
    const { code: exit, stderr } = await chat.ended();
    expect(exit).toBe(2);
    expect(stderr).toContain('the code has 1 word after the number, not two');
  });
});

describe('--log', () => {
  test('holds one line a message, readable for its owner alone', async () => {
    const log = join(makeFolder(), 'chat.log');
    const [one, two] = await startPair(
      { args: ['--name', 'anna'] },
      { args: ['--log', log, '--heartbeat=0.1'] },
    );
    one.write('hello\n\u001B[31mred\n');
    await two.waitFor('message', ({ text }) => text.includes('red'));
    two.write('goodbye\n');
    await one.waitFor('message', ({ from }) => from === 'peer');
    await two.waitFor('heartbeat');
    one.endInput();
    await two.ended();
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    const text = readFileSync(log, 'utf8');
    expect(text).toMatch(new RegExp(`^${time} <anna> hello\n${time} <anna> .*red\n${time} <me> goodbye\n$`));
    expect(text).not.toContain('\u001B');
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  test('is appended to', async () => {
    const log = join(makeFolder(), 'chat.log');
    writeFileSync(log, 'before\n');
    const [one, two] = await startPair({}, { args: ['--log', log], options: { input: 'hello\n' } });
    await two.ended();
    await one.ended();
    expect(readFileSync(log, 'utf8')).toMatch(/^before\n\S+ <me> hello\n$/);
  });

  test.each([
    ['in a folder that does not exist', (folder: string) => join(folder, 'no', 'chat.log')],
    ['that is a folder', (folder: string) => folder],
  ])('%s ends with exit 8 before anything has begun', async (_, place) => {
    const path = place(makeFolder());
    const {
      code: exit,
      stderr,
      stdout,
    } = await startPunchline(['chat', '--json', '-s', nowhere('x'), '--log', path]).ended();
    expect(exit).toBe(8);
    expect(stdout).toBe('');
    expect(stderr).toContain(`the log ${path} cannot be written`);
    expect(stderr).toContain('Choose another file');
  });

  test('that may not be written ends with exit 8', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('the superuser may write everywhere');
    const folder = makeFolder();
    chmodSync(folder, 0o500);
    const chat = startPunchline(['chat', '-s', nowhere('x'), '--log', join(folder, 'chat.log')]);
    expect((await chat.ended()).code).toBe(8);
  });
});

test('--wait bounds the wait for a peer, exit 4', async () => {
  const { options } = await startServer();
  const { code: exit, stderr } = await startPunchline([
    'chat',
    '--json',
    '--wait',
    '0.01',
    ...options,
  ]).ended();
  expect(exit).toBe(4);
  expect(stderr).toContain('nobody came within 0.01 min');
});
