import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../source/lab/host.ts';
import { createLab, type Lab } from '../../source/lab/lab.ts';
import { labOrSkip } from '../helpers/lab/lab.ts';
import { eventually } from '../helpers/eventually.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';

const program = fileURLToPath(new URL('../helpers/programs/mapping-program.ts', import.meta.url));

interface Told {
  readonly internalPort: number;
  readonly protocol?: string;
  readonly address: string;
  readonly port: number;
  readonly reason?: string;
}

/** Asks the router of a host for a port, and keeps it until `end`. */
async function mapIn(host: Host, family = 4) {
  const child = host.spawn([process.execPath, program, `${family}`]);
  const [line = '{}'] = await new Promise<string[]>((resolve) => {
    const lines = createInterface({ input: child.stdout });
    lines.once('line', (first) => resolve([first]));
    lines.once('close', () => resolve([]));
  });
  return {
    told: JSON.parse(line) as Told,
    end: async () => {
      child.stdin.end();
      return child.exited;
    },
    kill: () => child.kill('SIGKILL'),
  };
}

/** The ports that a site's router has mapped, as its rules say. */
async function mappedPorts(lab: Lab, site: string): Promise<number[]> {
  const { stdout } = await lab.routers[site]!.exec(['nft', 'list', 'chain', 'inet', 'upnp', 'pre_upnp']);
  return [...stdout.matchAll(/dport (\d+)/g)].map(([, port]) => Number(port));
}

async function greeting(host: Host, { address, port }: Told): Promise<string> {
  const script = `const s = require('net').connect(${port}, '${address}'); s.setTimeout(3000, () => s.destroy()); s.on('error', () => 0); s.pipe(process.stdout)`;
  return (await host.exec([process.execPath, '-e', script])).stdout;
}

describe.concurrent.each([
  ['pcp', 'pcp'],
  ['natpmp', 'nat-pmp'],
  ['upnp', 'upnp'],
])('a router with %s', (word, protocol) => {
  test('lets everybody in at a mapped port, until it is given back', async (context) => {
    const lab = await labOrSkip(context, {
      sites: { alice: parseSite(`random,${word}`), bob: parseSite('random') },
    });
    const { told, end } = await mapIn(lab.hosts['alice']!);
    expect(told).toMatchObject({ protocol, address: lab.routers['alice']!.addresses[0] });
    expect(await mappedPorts(lab, 'alice')).toEqual([told.port]);
    expect(await greeting(lab.hosts['bob']!, told)).toBe('hello');
    expect(await end()).toMatchObject({ code: 0 });
    expect(await mappedPorts(lab, 'alice')).toEqual([]);
    expect(await greeting(lab.hosts['bob']!, told)).toBe('');
  });
});

test.concurrent('a router without such a word maps nothing', async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: parseSite('random') } });
  const { told, end } = await mapIn(lab.hosts['alice']!);
  expect(told.reason).toBe('the router answers neither PCP nor NAT-PMP nor UPnP');
  await end();
});

test.concurrent('a router with a firewall opens a pinhole for IPv6 by PCP', async (context) => {
  const lab = await labOrSkip(context, {
    sites: {
      alice: parseSite('port-restricted,ipv6=firewall,pcp'),
      bob: parseSite('port-restricted,ipv6=open'),
    },
  });
  const { told, end } = await mapIn(lab.hosts['alice']!, 6);
  expect(told).toMatchObject({
    protocol: 'pcp',
    address: lab.hosts['alice']!.addresses[1],
    port: told.internalPort,
  });
  expect(await greeting(lab.hosts['bob']!, told)).toBe('hello');
  await end();
  await eventually(async () => expect(await greeting(lab.hosts['bob']!, told)).toBe(''));
});

test.concurrent('a router behind a NAT maps nothing, so a lab refuses the word there', async () => {
  const sites = { isp: parseSite('carrier'), alice: parseSite('random,pcp,behind=isp') };
  await expect(createLab({ sites })).rejects.toThrow('behind the NAT of "isp"');
});
