import { expect, test } from 'vitest';
import { startPunchline } from '../helpers/programs/punchline.ts';

const commands = [
  '',
  'chat',
  'pipe',
  'serve',
  'doctor',
  'demo',
  'help',
  'lab',
  'lab up',
  'lab list',
  'lab enter',
  'lab cut',
  'lab restore',
  'lab rebind',
  'lab down',
  'lab try',
  'lab matrix',
];

test('--help of every command, in 80 columns', async () => {
  const texts: string[] = [];
  for (const command of commands) {
    const words = command.split(' ').filter((word) => word !== '');
    const { code, stderr, stdout } = await startPunchline([...words, '--help']).ended();
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
    texts.push(`===== punchline ${[...words, '--help'].join(' ')}\n${stdout}`);
  }
  await expect(texts.join('\n')).toMatchFileSnapshot('help.txt');
});

test('-h says the same, wherever it stands', async () => {
  const { stdout } = await startPunchline(['serve', '--help']).ended();
  expect(await startPunchline(['serve', '--port', '0', '-h']).ended()).toMatchObject({ code: 0, stdout });
});
