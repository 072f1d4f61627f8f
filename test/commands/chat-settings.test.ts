import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { code } from '../helpers/pair.ts';
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
