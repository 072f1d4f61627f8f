/** A rendezvous behind a proxy: real ones, in a lab. More of them is in test/long. */
import { describe, expect, test } from 'vitest';
import { proxyIn } from '../../../../source/lab/lab.ts';
import { needProxies, startDante, startSquid } from '../../../helpers/lab/proxies.ts';
import {
  company,
  counting,
  meet,
  ordinary,
  startProxied,
  talk,
  walled,
} from '../../../helpers/lab/proxied-chats.ts';
import type { PunchlineInside } from '../../../helpers/lab/punchline-inside.ts';

const timeout = 120_000;

const password = 'se:cret@';
const user = { name: 'ada', password };
const inUrl = 'ada:se%3Acret%40@';

function saidBy(program: PunchlineInside): string {
  return program.lines.map((line) => JSON.stringify(line)).join('\n');
}

test(
  'where nothing but a proxy gets out, the two are relayed at once, and both know why',
  { timeout },
  async (context) => {
    const started = await startProxied(context, { walled, bob: ordinary });
    const proxy = proxyIn(started.lab, 'walled') ?? '';
    const { first, second, connected } = await meet(started, ['bob'], ['walled', '--proxy', proxy]);
    expect(connected).toMatchObject({ first: { path: 'relay' }, second: { path: 'relay' } });
    expect(await second.line('relay')).toMatchObject({
      state: 'asked',
      reason: 'no direct connection is possible: nothing but the proxy leads out of our network',
    });
    expect(await first.line('relay')).toMatchObject({
      reason: 'no direct connection is possible: nothing but a proxy leads out of the network of the peer',
    });
    const matched = await second.line('rendezvous', ({ state }) => state === 'matched');
    expect(matched).toMatchObject({ proxy });
    expect(matched).not.toHaveProperty('mapped');
    expect(await first.line('rendezvous', ({ state }) => state === 'matched')).not.toHaveProperty('proxy');
  },
);

test(
  'where direct connections get out beside the proxy, a side is punched through',
  { timeout },
  async (context) => {
    const started = await startProxied(context, { company, bob: counting });
    const proxy = await startDante(context, started.lab.hosts['proxy-host']!);
    const { second, connected } = await meet(
      started,
      ['bob', '--no-relay'],
      ['company', '--no-relay', '--proxy', proxy],
    );
    expect(connected).toMatchObject({
      first: { path: 'direct', strategy: 'predicted' },
      second: { path: 'direct', strategy: 'predicted' },
    });
    const { mapped } = await second.line('rendezvous', ({ state }) => state === 'matched');
    const external = started.lab.routers['company']!.addresses[0];
    expect(mapped).toMatchObject({ address: external });
  },
);

describe('a proxy that wants a password', () => {
  const knows = { name: 'meet.example.org' };

  test('of SOCKS5 gets it, looks the name up, and the password is nowhere', { timeout }, async (context) => {
    const started = await startProxied(context, { company, bob: ordinary });
    const [at = ''] = started.lab.hosts['rendezvous']!.addresses;
    const dante = await startDante(context, started.lab.hosts['proxy-host']!, {
      user,
      knows: { ...knows, addresses: [at] },
    });
    const proxy = dante.replace('://', `://${inUrl}`);
    const server = started.server.replace(at, knows.name);
    const first = started.run('company', ['--server', server], ['env', `ALL_PROXY=${proxy}`]);
    const { invite } = await first.line('invite');
    await first.line('rendezvous', ({ state }) => state === 'waiting');
    const second = started.run('bob', [String(invite).replace(knows.name, at)]);
    await talk(first, second);
    expect(await first.line('rendezvous')).toMatchObject({ proxy: dante });
    expect(saidBy(first)).not.toMatch(/se:cret|se%3Acret|ada/);
    const refused = started.run('company', ['--server', server, '--proxy', dante]);
    expect(await refused.line('error')).toMatchObject({
      code: 'ERR_PROXY',
      message: `the proxy ${dante} does not lead there: it wants a user name and a password`,
    });
    expect(await refused.exited).toMatchObject({ code: 3 });
    const other = ['--server', server, '--proxy', dante.replace('://', '://ada:other@')];
    const wrong = started.run('company', other);
    expect(await wrong.line('error')).toMatchObject({ code: 'ERR_PROXY' });
    expect(saidBy(wrong)).not.toContain('other@');
  });

  test('of HTTP gets it, in the clear and in TLS', { timeout }, async (context) => {
    needProxies(context, 'squid');
    const started = await startProxied(context, { company, bob: ordinary });
    const squid = await startSquid(context, started.lab.hosts['proxy-host']!, { user });
    for (const url of [squid.clear, squid.secure]) {
      const first = started.run('bob', ['--server', started.server]);
      const { invite } = await first.line('invite');
      await first.line('rendezvous', ({ state }) => state === 'waiting');
      const second = started.run(
        'company',
        [String(invite), '--proxy', url.replace('://', `://${inUrl}`)],
        ['env', `NODE_EXTRA_CA_CERTS=${squid.certificate}`],
      );
      const { connected } = await talk(first, second);
      expect(connected.second).toMatchObject({ path: 'direct' });
      first.endInput();
    }
    const refused = started.run('company', ['--server', started.server, '--proxy', squid.clear]);
    expect(await refused.line('error')).toMatchObject({
      code: 'ERR_PROXY',
      message: `the proxy ${squid.clear} does not lead there: it says 407 Proxy Authentication Required`,
    });
    const untrusted = started.run('company', ['--server', started.server, '--proxy', squid.secure]);
    expect(await untrusted.line('error')).toMatchObject({ code: 'ERR_PROXY' });
  });
});

test(
  'a proxy of HTTP that allows other ports alone is named, with its answer',
  { timeout },
  async (context) => {
    needProxies(context, 'squid');
    const { lab, run } = await startProxied(context, { company });
    const squid = await startSquid(context, lab.hosts['proxy-host']!);
    const [at = ''] = lab.hosts['rendezvous']!.addresses;
    const chat = run('company', ['--server', `${at}:9999`, '--proxy', squid.clear]);
    expect(await chat.line('error')).toMatchObject({
      code: 'ERR_PROXY',
      message: `the proxy ${squid.clear} does not lead there: it says 403 Forbidden`,
    });
    expect(await chat.exited).toMatchObject({ code: 3 });
  },
);

test('NO_PROXY leaves a rendezvous without the proxy', { timeout }, async (context) => {
  const { lab, run, server } = await startProxied(context, { company });
  const [at] = lab.hosts['rendezvous']!.addresses;
  const variables = ['env', 'ALL_PROXY=socks5h://192.0.2.1', `NO_PROXY=${at}`];
  const chat = run('company', ['--server', server], variables);
  expect(await chat.line('rendezvous', ({ state }) => state === 'waiting')).not.toHaveProperty('proxy');
});
