/** The values that an option takes and refuses, as the built program says it. */
import { expect, test } from 'vitest';
import { startPunchline } from '../helpers/programs/punchline.ts';

const pair = ['open', 'open'];
const server = ['-s', '127.0.0.1:1'];

test.each([
  [['chat', ...server], 'attempts', ['0', '101', '1.5'], 'is not a whole number from 1 to 100'],
  [['chat', ...server], 'wait', ['0', '10081'], 'is not a number from 0.01 to 10080'],
  [['chat', ...server], 'give-up', ['0', '1441'], 'is not a number from 0.01 to 1440'],
  [['chat', ...server], 'probe-port', ['0', '65536'], 'is not a whole number from 1 to 65535'],
  [['chat', ...server], 'heartbeat', ['0', '3601'], 'is not a number from 0.1 to 3600'],
  [['chat', ...server], 'relay', ['', 'sometimes'], 'is none of auto, never and always'],
  [['chat', ...server], 'theme', ['', 'pink'], 'is none of dark, light and plain'],
  [['chat', ...server], 'notify', ['', 'pink'], 'is none of off, bell, name and text'],
  [['pipe', ...server], 'attempts', ['0', '101', 'x'], 'is not a whole number from 1 to 100'],
  [['doctor', ...server], 'lifetime', ['0', '901'], 'is not a number from 1 to 900'],
  [['doctor', ...server], 'probe-port', ['0', '65536'], 'is not a whole number from 1 to 65535'],
  [['serve'], 'port', ['-1', '65536'], 'is not a whole number from 0 to 65535'],
  [['serve'], 'probe-port', ['-1', '65536'], 'is not a whole number from 0 to 65535'],
  [['serve'], 'relay-pairs', ['0', '100001'], 'is not a whole number from 1 to 100000'],
  [['serve'], 'relay-pairs-per-address', ['0', '100001'], 'is not a whole number from 1 to 100000'],
  [['serve'], 'relay-rate', ['0', '10000001'], 'is not a number from 1 to 10000000'],
  [['serve'], 'relay-volume', ['0', '10000001'], 'is not a number from 1 to 10000000'],
  [['serve'], 'relay-minutes', ['0', '30001'], 'is not a number from 0.01 to 30000'],
  [['serve'], 'max-connections', ['0', '1000001'], 'is not a whole number from 1 to 1000000'],
  [['serve'], 'max-connections-per-address', ['0', '1.5'], 'is not a whole number from 1 to 1000000'],
  [['lab', 'cut', 'no-lab', 'alice'], 'for', ['0', '86401'], 'is not a number from 0.1 to 86400'],
  [['lab', 'try', ...pair], 'delay', ['-1', '60001'], 'is not a number from 0 to 60000'],
  [['lab', 'try', ...pair], 'attempts', ['0', '101'], 'is not a whole number from 1 to 100'],
  [['lab', 'matrix'], 'runs', ['0', '1001'], 'is not a whole number from 1 to 1000'],
  [['lab', 'matrix'], 'attempts', ['0', '101'], 'is not a whole number from 1 to 100'],
  [['lab', 'matrix'], 'parallel', ['0', '65'], 'is not a whole number from 1 to 64'],
  [['lab', 'matrix'], 'delay', ['-1', '60001'], 'is not a number from 0 to 60000'],
  [['lab', 'matrix'], 'jitter', ['-1', '60001'], 'is not a number from 0 to 60000'],
  [['lab', 'matrix'], 'loss', ['-1', '101'], 'is not a number from 0 to 100'],
])('%j refuses for --%s %j: %s', async (words, option, values, why) => {
  for (const value of values) {
    const { code, stderr } = await startPunchline([...words, `--${option}=${value}`], { input: '' }).ended();
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`--${option} '${value}' ${why}`) as unknown,
    });
  }
});

test.each([
  [['chat', ...server, '--attempts=0', '--attempts=100', '--attempts', '101']],
  [['lab', 'try', ...pair, '--attempts=0', '--attempts=100', '--attempts', '101']],
])('of %j the last value counts', async (words) => {
  const { code, stderr } = await startPunchline(words, { input: '' }).ended();
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("'101'") as unknown });
});

test.each([
  [['serve', '--exempt', '192.0.2.0/24', '--exempt', 'x'], "--exempt 'x' is no network"],
  [['chat', ...server, '--send', '/no/such/a', '--send=/no/such/b'], '/no/such/a'],
  [['chat', ...server, '--send=/', '--send='], '--send is empty'],
  [['lab', 'down', 'x', '--all'], 'all'],
])('%j names every value of a list: %s', async (words, why) => {
  const { stderr } = await startPunchline(words, { input: '' }).ended();
  expect(stderr).toContain(why);
});
