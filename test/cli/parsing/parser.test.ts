/** How the program takes a command line apart. */
import { expect, test } from 'vitest';
import { runHere } from '../../helpers/programs/run-here.ts';

const pair = ['open', 'open'];
const server = ['-s', '127.0.0.1:1'];

async function complaint(words: readonly string[]): Promise<string> {
  const { code, stderr } = await runHere(words);
  expect(code).toBe(2);
  return stderr;
}

test.each([
  [['chat', ...server, '--attempts=0', '--attempts=100', '--attempts', '101']],
  [['lab', 'try', ...pair, '--attempts=0', '--attempts=100', '--attempts', '101']],
])('of %j the last value counts', async (words) => {
  expect(await complaint(words)).toContain("--attempts '101' is not");
});

test.each([
  [['serve', '--exempt', '192.0.2.0/24', '--exempt', 'x'], "--exempt 'x' is not a network"],
  [['serve', '--exempt', 'x', '--exempt', '192.0.2.0/24'], "--exempt 'x' is not a network"],
  [['chat', ...server, '--send=/', '--send='], '--send is empty'],
  [['lab', 'cut', 'a', 'b', '--for', '0'], "--for '0' is not"],
  [['lab', 'matrix', '--loss=101'], "--loss '101' is not"],
  [['lab', 'down', 'x', '--all'], '--all exclude each other'],
  [['pipe', ...server, '--attempts=0'], "--attempts '0' is not"],
  [['pipe', ...server, '--plain'], "there is no option '--plain'"],
  [['doctor', ...server, '--lifetime', '0'], "--lifetime '0' is not"],
  [['doctor', '--stun', 'a:b', '--stun'], "--stun: 'b' is no port"],
  [['doctor', '--stun', '--stun', 'a:b'], "--stun: 'b' is no port"],
  [['doctor', '--stun', '--stun=a:b'], "--stun: 'b' is no port"],
  [['doctor', '--stun', '--lifetime', '0'], "--lifetime '0' is not"],
  [['doctor', '--lifetime', '0', '--stun'], "--lifetime '0' is not"],
  [['chat', '-', ...server], "there is no option '-'"],
  [['serve', '-'], 'there is one word too many'],
  [['doctor', '--no-stun'], "there is no option '--no-stun'"],
  [['chat', '--no-server'], "there is no option '--no-server'"],
])('all values are read: %j: %s', async (words, why) => {
  expect(await complaint(words)).toContain(why);
});

test('--help behind two hyphens belongs to the other command', async () => {
  expect(await complaint(['lab', 'enter', 'no-lab', 'alice', '--', 'ls', '--help'])).toContain('no-lab');
});
