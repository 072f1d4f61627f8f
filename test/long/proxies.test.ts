/** A rendezvous behind a proxy, in more cases. */
import { describe, expect, test } from 'vitest';
import { proxyIn, type Lab } from '../../source/lab/lab.ts';
import { parseProxy } from '../../source/network/proxy/read-proxies.ts';
import { countTraffic, loadRules } from '../helpers/lab/lab.ts';
import {
  company,
  counting,
  meet,
  ordinary,
  startProxied,
  talk,
  walled,
} from '../helpers/lab/proxied-chats.ts';
import { startMailboxLab } from '../helpers/lab/mailbox-lab.ts';
import { needProxies, startDante, startSquid } from '../helpers/lab/proxies.ts';
import { builtProgram } from '../helpers/lab/punchline-inside.ts';
import { coturnOrSkip } from '../helpers/servers/coturn.ts';

const timeout = 120_000;
const STUN_PORT = 3478;

/** Out of a network that lets only its proxy speak to a rendezvous. */
function noRendezvousBut(proxyHost: string): string {
  return [
    'table ip wall {',
    'chain wall { type filter hook forward priority -10;',
    `iifname "lan" ip saddr != ${proxyHost} tcp dport { 8877, 8878 } drop; }`,
    '}',
    '',
  ].join('\n');
}

function proxyOf(lab: Lab, site: string): string {
  return proxyIn(lab, site) ?? '';
}

describe('where nothing but a proxy gets out', () => {
  test('two such sides are relayed', { timeout }, async (context) => {
    const started = await startProxied(context, { walled, other: walled });
    const [one, two] = ['walled', 'other'].map((site) => proxyOf(started.lab, site));
    const { connected } = await meet(started, ['walled', '--proxy', one!], ['other', '--proxy', two!]);
    expect(connected).toMatchObject({ first: { path: 'relay' }, second: { path: 'relay' } });
  });

  test('a session that is cut comes back through the proxy', { timeout }, async (context) => {
    const started = await startProxied(context, { walled, bob: ordinary });
    const proxy = proxyOf(started.lab, 'walled');
    const { first, second } = await meet(started, ['walled', '--proxy', proxy], ['bob']);
    await started.lab.cut('walled');
    await first.line('lost');
    await started.lab.restore('walled');
    first.type('after the cut');
    await second.line('message', ({ text }) => text === 'after the cut');
    expect(await first.line('resumed')).toMatchObject({ path: 'relay' });
  });

  test('a host (--here) is reached through the proxy', { timeout }, async (context) => {
    const { lab, run } = await startProxied(context, {
      walled,
      open: { ...ordinary, mapping: 'none', filtering: 'endpoint-independent' },
    });
    const first = run('open', ['--here', '--no-port-mapping']);
    const { invite } = await first.line('invite');
    await first.line('rendezvous', ({ state }) => state === 'waiting');
    const second = run('walled', [String(invite), '--proxy', proxyOf(lab, 'walled')]);
    const { connected } = await talk(first, second);
    expect(connected.second).toMatchObject({ path: 'relay' });
  });

  test('without the relay the failure says that only the proxy gets out', { timeout }, async (context) => {
    const { lab, run, server } = await startProxied(context, { walled, bob: ordinary });
    const first = run('bob', ['--server', server]);
    const { invite } = await first.line('invite');
    await first.line('rendezvous', ({ state }) => state === 'waiting');
    const second = run('walled', [String(invite), '--no-relay', '--proxy', proxyOf(lab, 'walled')]);
    expect(await second.line('error')).toMatchObject({
      code: 'ERR_PUNCH_FAILED',
      message:
        'no connection to the peer: the two are in no common network, and nothing but the proxy leads out of our network',
    });
    expect(await second.exited).toMatchObject({ code: 6 });
  });
});

describe('where direct connections get out beside the proxy', () => {
  test('a side is punched through to port-restricted', { timeout }, async (context) => {
    const started = await startProxied(context, { company, bob: ordinary });
    const proxy = await startDante(context, started.lab.hosts['proxy-host']!);
    const { connected } = await meet(
      started,
      ['bob', '--no-relay'],
      ['company', '--no-relay', '--proxy', proxy],
    );
    expect(connected).toMatchObject({ first: { path: 'direct' }, second: { path: 'direct' } });
  });

  test('a side that counts is predicted by fresh probes, too', { timeout }, async (context) => {
    const hosts = ['counts', 'proxy-host'];
    const started = await startProxied(context, { counts: { ...counting, hosts }, bob: ordinary });
    const proxy = await startDante(context, started.lab.hosts['proxy-host']!);
    const { connected } = await meet(
      started,
      ['counts', '--no-relay', '--proxy', proxy],
      ['bob', '--no-relay'],
    );
    expect(connected).toMatchObject({ first: { path: 'direct' }, second: { path: 'direct' } });
  });

  test('but not to the rendezvous, STUN servers tell where a side is seen', { timeout }, async (context) => {
    const hosts = ['counts', 'proxy-host'];
    const started = await startProxied(context, { counts: { ...counting, hosts }, bob: ordinary });
    const { lab } = started;
    const { rendezvous } = lab.hosts;
    await coturnOrSkip(context, rendezvous!, STUN_PORT);
    await loadRules(lab.routers['counts']!, noRendezvousBut(lab.hosts['proxy-host']!.addresses[0] ?? ''));
    const proxy = await startDante(context, lab.hosts['proxy-host']!);
    const stun = rendezvous!.addresses.slice(0, 2).flatMap((one) => ['--stun', `${one}:${STUN_PORT}`]);
    const byProxy = ['--no-relay', '--proxy', proxy];
    const { first, connected } = await meet(started, ['counts', ...byProxy, ...stun], ['bob', '--no-relay']);
    expect(connected).toMatchObject({
      first: { path: 'direct', strategy: 'predicted' },
      second: { path: 'direct', strategy: 'predicted' },
    });
    expect(await first.line('rendezvous', ({ state }) => state === 'waiting')).toMatchObject({
      mapped: { address: lab.routers['counts']!.addresses[0] },
    });
    const untold = started.run('bob', ['--server', started.server]);
    const { invite } = await untold.line('invite');
    await untold.line('rendezvous', ({ state }) => state === 'waiting');
    const refused = started.run('counts', [String(invite), ...byProxy]);
    expect(await refused.line('error')).toMatchObject({
      code: 'ERR_PUNCH_FAILED',
      hint: expect.stringContaining('--stun'),
    });
  });

  test('--relay always dials nobody past the proxy', { timeout }, async (context) => {
    const started = await startProxied(context, { company, bob: ordinary });
    const { lab } = started;
    const [own] = lab.hosts['company']!.addresses;
    const read = await countTraffic(lab.routers['company']!, { past: `ip saddr ${own} tcp dport 1-65535` });
    const proxy = await startDante(context, lab.hosts['proxy-host']!);
    await meet(started, ['bob'], ['company', '--relay', 'always', '--proxy', proxy]);
    expect(await read()).toMatchObject({ past: { packets: 0 } });
  });
});

describe('a mailbox server', () => {
  test.for(['SOCKS5', 'CONNECT'] as const)(
    'is reached through a proxy (%s), and STUN past it',
    { timeout },
    async (kind, context) => {
      needProxies(context, 'squid', 'dante-server');
      const { lab, run } = await startMailboxLab(context, { company, bob: ordinary });
      const host = lab.hosts['proxy-host']!;
      const url =
        kind === 'SOCKS5' ? await startDante(context, host) : (await startSquid(context, host)).clear;
      const all = parseProxy(url, 'the proxy of the test');
      const first = run('company', { proxies: { all }, relay: 'never' });
      expect(await first.line('rendezvous', ({ state }) => state === 'waiting')).toMatchObject({
        place: 'mailbox',
        proxy: url,
        mapped: { address: lab.routers['company']!.addresses[0] },
      });
      const second = run('bob', { relay: 'never' });
      for (const side of [first, second]) {
        expect(await side.line('connected')).toMatchObject({ path: 'direct' });
      }
    },
  );

  test('and its transit relay are reached where only a proxy gets out', { timeout }, async (context) => {
    const { lab, run } = await startMailboxLab(context, { walled, bob: ordinary });
    const all = parseProxy(proxyOf(lab, 'walled'), 'the proxy of the test');
    const first = run('bob');
    await first.line('rendezvous', ({ state }) => state === 'waiting');
    const second = run('walled', { proxies: { all } });
    for (const side of [first, second]) {
      expect(await side.line('connected')).toMatchObject({ path: 'relay' });
    }
    expect(await second.line('relay')).toMatchObject({
      reason: 'no direct connection is possible: no STUN server has told us where we are seen',
    });
  });
});

test('the doctor looks past a proxy, and says so where it gets nowhere', { timeout }, async (context) => {
  const { lab, server } = await startProxied(context, { walled });
  const proxy = proxyOf(lab, 'walled');
  const words = ['env', `ALL_PROXY=${proxy}`, process.execPath, builtProgram, 'doctor', '--server', server];
  const { code, stderr } = await lab.hosts['walled']!.exec(words);
  expect(code).toBe(3);
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain(`A variable names the proxy ${proxy}`);
});
