/** Pairs of NATs that only a port that a router maps can connect. Others are in test/long. */
import { describe, expect, test, type TestContext } from 'vitest';
import type { Lab } from '../../source/lab/lab.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';
import { countTraffic, labOrSkip } from '../helpers/lab/lab.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';
import { eventually } from '../helpers/eventually.ts';

const chat = ['chat', '--json', '--no-relay', '--code', '4711-velvet-orbit', '--attempts', '5'];

async function startLab(context: TestContext, alice: string, bob: string, words: readonly string[] = chat) {
  const lab = await labOrSkip(context, { sites: { alice: parseSite(alice), bob: parseSite(bob) } });
  const server = runPunchline(lab.hosts['rendezvous']!, ['serve', '--exempt', '0.0.0.0/0']);
  await server.line('listening');
  const address = lab.hosts['rendezvous']!.addresses[0]!;
  function run(name: string, ...args: string[]) {
    return runPunchline(lab.hosts[name]!, [...words, '--server', address, ...args]);
  }
  return { lab, run };
}

/** The ports that a site's router has mapped, as its rules say. */
async function mappedPorts(lab: Lab, site: string): Promise<number[]> {
  const { stdout } = await lab.routers[site]!.exec(['nft', 'list', 'chain', 'inet', 'upnp', 'pre_upnp']);
  return [...stdout.matchAll(/dport (\d+)/g)].map(([, port]) => Number(port));
}

/** Counts what a host asks its router. */
function countQuestions(lab: Lab, host: string) {
  return countTraffic(lab.hosts[host]!, { asked: 'udp dport { 5351, 1900 }' });
}

describe('two NATs with random ports, of which one maps a port', { concurrent: true }, () => {
  test('connect directly, and the port is given back at the end', async (context) => {
    const { lab, run } = await startLab(context, 'random,pcp', 'random');
    const [alice, bob] = [run('alice'), run('bob')];
    const forwarded = await alice.line('forwarded');
    const [external] = lab.routers['alice']!.addresses;
    expect(forwarded).toMatchObject({ protocol: 'pcp', address: external });
    const { port } = forwarded;
    expect(await bob.line('connected')).toMatchObject({
      path: 'direct',
      remote: { address: external, port },
      strategy: 'forwarded',
    });
    expect(await alice.line('connected')).toMatchObject({ path: 'direct', strategy: 'forwarded' });
    expect(await bob.line('peer', (line) => JSON.stringify(line).includes('forwarded'))).toMatchObject({
      candidates: expect.arrayContaining([{ kind: 'forwarded', address: external, port }]),
    });
    for (const peer of [alice, bob]) {
      expect(await peer.line('nats', ({ direct }) => direct === 'yes')).toMatchObject({
        own: 'random',
        peer: 'random',
        why: expect.stringMatching(/router maps a port/),
      });
    }
    // It stays as long as the conversation: after a loss it is there at once.
    expect(await mappedPorts(lab, 'alice')).toEqual([port]);
    alice.endInput();
    expect(await alice.exited).toEqual({ code: 0, signal: null });
    expect(await mappedPorts(lab, 'alice')).toEqual([]);
  });

  test('connect directly, if the router answers only after the hello', async (context) => {
    const { lab, run } = await startLab(context, 'random', 'random,natpmp');
    const router = lab.routers['bob']!;
    const late = await router.exec(
      ['nft', '-f', '-'],
      'table inet late { chain input { type filter hook input priority -5; udp dport 5351 drop; }\n}\n',
    );
    expect(late.stderr).toBe('');
    const [alice, bob] = [run('alice'), run('bob')];
    await Promise.all([alice.line('plan', hostPlan), bob.line('plan', hostPlan)]);
    expect(bob.lines.some(({ event }) => event === 'forwarded')).toBe(false);
    await router.exec(['nft', 'delete', 'table', 'inet', 'late']);
    expect(await bob.line('forwarded')).toMatchObject({ protocol: 'nat-pmp' });
    expect(await alice.line('connected')).toMatchObject({ path: 'direct', strategy: 'forwarded' });
  });

  test('move there from the relay, if the router answers when the relay carries already', async (context) => {
    const { lab, run } = await startLab(context, 'random', 'random,pcp', [
      'chat',
      '--json',
      '--code',
      '4711-velvet-orbit',
    ]);
    const router = lab.routers['bob']!;
    const shut =
      'table inet late {\nchain input { type filter hook input priority -5; udp dport 5351 drop; }\n}\n';
    expect(await router.exec(['nft', '-f', '-'], shut)).toMatchObject({ stderr: '' });
    const [alice, bob] = [run('alice'), run('bob')];
    for (const peer of [alice, bob]) {
      expect(await peer.line('connected')).toMatchObject({ path: 'relay' });
    }
    await router.exec(['nft', 'delete', 'table', 'inet', 'late']);
    // Its port begins a round in the background, or the round that asks it again finds it.
    for (const peer of [alice, bob]) {
      expect(await peer.line('path')).toMatchObject({ path: 'direct' });
    }
  });

  test('find each other again through it after a cut', async (context) => {
    const { lab, run } = await startLab(context, 'random,pcp', 'random');
    const [alice, bob] = [run('alice'), run('bob')];
    await Promise.all([alice.line('connected'), bob.line('connected')]);
    const { port } = await alice.line('forwarded');
    await lab.cut('bob');
    await bob.line('lost');
    await lab.restore('bob');
    expect(await bob.line('resumed')).toMatchObject({ path: 'direct' });
    const back = bob.lines.findLast(({ event, outcome }) => event === 'attempt' && outcome === 'connected');
    expect(back).toMatchObject({ kind: 'forwarded', port });
  });
});

/** The peer's hello has come. */
function hostPlan({ strategy }: { readonly [field: string]: unknown }): boolean {
  return strategy === 'host';
}

describe('a router', { concurrent: true }, () => {
  test.for(['--no-lan', '--no-port-mapping'])(
    'is not asked by a side that says %s',
    async (word, context) => {
      const { lab, run } = await startLab(context, 'full-cone', 'random,upnp');
      const count = await countQuestions(lab, 'bob');
      const [alice, bob] = [run('alice'), run('bob', word)];
      await Promise.all([alice.line('connected'), bob.line('connected')]);
      expect((await count()).asked.packets).toBe(0);
    },
  );

  test('is not asked by a side without a NAT, whatever the peer has', async (context) => {
    const { lab, run } = await startLab(context, 'firewall', 'random');
    const count = await countQuestions(lab, 'alice');
    const [alice, bob] = [run('alice'), run('bob')];
    await Promise.all([alice.line('connected'), bob.line('connected')]);
    expect((await count()).asked.packets).toBe(0);
  });

  test('is asked by nobody who meets on this machine', async (context) => {
    const { lab } = await startLab(context, 'random,pcp', 'random');
    const count = await countQuestions(lab, 'alice');
    const host = lab.hosts['alice']!;
    const server = runPunchline(host, ['serve', '--port', '0']);
    const { port } = await server.line('listening');
    const peers = [0, 1].map(() => runPunchline(host, [...chat, '--server', `127.0.0.1:${String(port)}`]));
    for (const peer of peers) {
      expect(await peer.line('connected')).toMatchObject({ path: 'lan' });
    }
    expect((await count()).asked.packets).toBe(0);
  });

  test('keeps the port of a program that is killed to the end of its lifetime', async (context) => {
    const { lab, run } = await startLab(context, 'random,pcp', 'random');
    const alice = run('alice');
    run('bob');
    await alice.line('connected');
    const [port] = await mappedPorts(lab, 'alice');
    alice.kill('SIGKILL');
    await alice.exited;
    expect(await mappedPorts(lab, 'alice')).toEqual([port]);
    // A request for 2 s instead of 10 min shows that the router counts the time.
    const asking = `
    const { encodePcpRequest } = await import(${JSON.stringify(new URL('../../source/network/port-mapping/wire/pcp.ts', import.meta.url))});
    const { createSocket } = await import('node:dgram');
    const request = { client: '192.168.1.2', nonce: new Uint8Array(12), lifetimeSeconds: 2, internalPort: 50000, suggested: undefined };
    const socket = createSocket('udp4');
    socket.once('message', () => socket.close());
    socket.send(encodePcpRequest(request), 5351, '192.168.1.1');`;
    const asked = await lab.hosts['alice']!.exec([process.execPath, '--input-type=module', '-e', asking]);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(await mappedPorts(lab, 'alice')).toHaveLength(2);
    await eventually(async () => expect(await mappedPorts(lab, 'alice')).toEqual([port]));
  });
});
