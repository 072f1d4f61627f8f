import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startPunchline } from '../../helpers/programs/punchline.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { skipWithout } from '../../helpers/skip-without.ts';

function serve(...args: string[]) {
  return startPunchline(['serve', '--port', '0', '--host', '127.0.0.1', ...args]).ended();
}

describe('serve ends before anything listens', () => {
  test.each([
    [['--exempt', '192.0.2.0'], "--exempt '192.0.2.0' is not a network"],
    [['--exempt', '192.0.2.0/24', '--exempt', '10.0.0.0/40'], "--exempt '10.0.0.0/40' is not a network"],
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

test('networks that are given one by one are all exempt from limits', async () => {
  const exempt = ['--exempt', '192.0.2.0/24', '--exempt=2001:db8::/32'];
  const server = startPunchline(['serve', '--port', '0', '--host', '127.0.0.1', '--metrics', '0', ...exempt]);
  const [line] = await server.waitForText(/^\{"event":"listening".*\}$/m);
  expect(JSON.parse(line)).toMatchObject({ metricsPort: expect.any(Number) });
});

/** Words before a command that then may not listen below port 1024, or the reason why there are none. */
function unprivileged(): readonly string[] | string {
  if (process.platform !== 'linux') {
    return 'which ports need a right is known of Linux alone';
  }
  if (process.getuid?.() === 0) {
    // In a network namespace of its own, because containers often let everybody listen on every port.
    const capability = '-net_bind_service';
    return ['unshare', '--net', 'setpriv', '--bounding-set', capability, '--inh-caps', capability];
  }
  const first = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  return first > 1
    ? []
    : 'here everybody may listen on every port, and only root can make a network of its own';
}

test.for([
  [['--port', '1'], 'port 1', '--port and --probe-port'],
  [['--port', '0', '--probe-port', '1'], 'port 1', '--port and --probe-port'],
  [['--port', '0', '--metrics', '0.0.0.0:1'], 'port 1 of 0.0.0.0', '--metrics'],
] as const)(
  'without the right to a port below 1024, serve %j ends with exit 8',
  async ([args, port, options], context) => {
    const under = unprivileged();
    if (typeof under === 'string') {
      return skipWithout(context, under);
    }
    const { code, stdout, stderr } = await startPunchline(['serve', '--log-level', 'silent', ...args], {
      under,
    }).ended();
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
    expect(stderr).toBe(
      `punchline: this user may not listen on ${port}\nChoose a port of 1024 or above with ${options}.\n`,
    );
  },
);
