/** Containers of ordinary users, whose only way out is a program that ends each connection. */
import { describe, expect, test } from 'vitest';
import type { DoctorReport } from '../../source/nat/doctor-report.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';
import { sharedLab } from '../helpers/lab/lab.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';

const timeout = 120_000;

/** Shows a program its own network below /sys, as a container does. */
const ownSys = ['unshare', '-m', 'sh', '-c', 'mount -t sysfs sys /sys && exec "$@"', 'sh'];

const start = sharedLab(
  {
    sites: {
      slirp: parseSite('port-restricted,slirp,delay=5'),
      passt: parseSite('port-restricted,passt,delay=5'),
      ordinary: parseSite('port-restricted,delay=5'),
      random: parseSite('random,delay=5'),
    },
  },
  async (lab) => {
    const [first = '', second = ''] = lab.hosts['rendezvous']!.addresses;
    await runPunchline(lab.hosts['rendezvous']!, ['serve', '--probe-host', second]).line('listening');
    return {
      server: first,
      run: (host: string, ...args: string[]) => runPunchline(lab.hosts[host]!, args, ownSys),
      reportOf: async (host: string) => {
        const words = [
          ...ownSys,
          process.execPath,
          'dist/punchline.cjs',
          'doctor',
          '--json',
          '--server',
          first,
        ];
        const { stdout } = await lab.hosts[host]!.exec(words);
        return JSON.parse(stdout) as DoctorReport;
      },
    };
  },
);

describe('the doctor', () => {
  test.for([
    ['slirp', 'slirp'],
    ['passt', 'passt'],
  ] as const)(
    'names the network of %s, and says which option of it helps',
    { timeout },
    async ([host, word], context) => {
      const { reportOf } = await start(context);
      const { container, ipv4, advice } = await reportOf(host);
      expect(container).toBe(word);
      expect(ipv4).toMatchObject({ tested: true, mapping: 'address-and-port-dependent' });
      expect(advice.join('\n')).toContain('--network host');
      expect(advice.join('\n')).not.toContain('VPNs and mobile carriers');
    },
  );

  test.for(['ordinary'])(
    'names no such network where there is none: %s',
    { timeout },
    async (host, context) => {
      const { reportOf } = await start(context);
      expect(await reportOf(host)).toMatchObject({ container: null });
    },
  );
});

describe('a container', () => {
  test.for([
    ['slirp', 'ordinary', 'direct'],
    ['passt', 'random', 'relay'],
  ] as const)(
    'behind %s facing %s is connected by the path %s',
    { timeout },
    async ([one, other, path], context) => {
      const { run, server } = await start(context);
      const first = run(other, 'chat', '--json', '--server', server);
      context.onTestFinished(() => void first.kill('SIGKILL'));
      const { invite } = await first.line('invite');
      await first.line('rendezvous', ({ state }) => state === 'waiting');
      const second = run(one, 'chat', '--json', String(invite), ...(path === 'direct' ? ['--no-relay'] : []));
      context.onTestFinished(() => void second.kill('SIGKILL'));
      for (const side of [first, second]) {
        expect(await side.line('connected')).toMatchObject({ path });
      }
    },
  );
});
