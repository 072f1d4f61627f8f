import { describe, expect, test } from 'vitest';
import { startPunchline } from '../helpers/punchline.ts';
import { startRawServer } from '../helpers/raw-server.ts';

const serve = (...args: string[]) =>
  startPunchline(['serve', '--port', '0', '--host', '127.0.0.1', ...args]).ended();

describe('serve ends before anything listens', () => {
  test.each([
    [['--exempt', '192.0.2.0'], "--exempt '192.0.2.0' is no network"],
    [['--exempt', '192.0.2.0/24', '--exempt', '10.0.0.0/40'], "--exempt '10.0.0.0/40' is no network"],
    [['--exempt'], '--exempt needs a value'],
    [['--metrics', 'everywhere'], "--metrics 'everywhere' is not [HOST:]PORT"],
    [['--max-connections', '0'], "--max-connections '0' is not a whole number from 1 to 1000000"],
  ])('with exit 2 at %j', async (args, sentence) => {
    const { code, stdout, stderr } = await serve(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^punchline: .+\n.+\n$/);
    expect(stderr).toContain(sentence);
  });

  test('with exit 8 at a port for metrics that is in use', async () => {
    const { port } = await startRawServer();
    const { code, stdout, stderr } = await serve('--metrics', String(port));
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
    expect(stderr).toBe(
      `punchline: port ${port} of 127.0.0.1 is in use by another program\n` +
        'Stop that program, or choose another port with --metrics (0: any).\n',
    );
  });
});

test('networks that are given one by one are all exempt', async () => {
  const exempt = ['--exempt', '192.0.2.0/24', '--exempt=2001:db8::/32'];
  const server = startPunchline(['serve', '--port', '0', '--host', '127.0.0.1', '--metrics', '0', ...exempt]);
  const [line] = await server.waitForText(/^\{"event":"listening".*\}$/m);
  expect(JSON.parse(line)).toMatchObject({ metricsPort: expect.any(Number) });
});
