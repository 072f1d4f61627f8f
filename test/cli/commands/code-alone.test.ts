/** A code without a place, in the built program: on one switch without internet, and nowhere else. */
import { describe, expect, test, type TestContext } from 'vitest';
import type { Host } from '../../../source/lab/host.ts';
import { labOrSkip } from '../../helpers/lab/lab.ts';
import { builtProgram, runPunchline, type PunchlineInside } from '../../helpers/lab/punchline-inside.ts';
import { Neighbour } from '../../helpers/programs/link.ts';

async function oneSwitch(context: TestContext) {
  const hosts = ['alice', 'bob', 'mallory'] as const;
  const lab = await labOrSkip(context, {
    sites: { home: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent', hosts } },
  });
  await lab.cut('home');
  const [alice, bob, mallory] = hosts.map((name) => lab.hosts[name]) as [Host, Host, Host];
  return { alice, bob, mallory };
}

async function talk(one: PunchlineInside, other: PunchlineInside): Promise<void> {
  one.type('from one');
  const { text } = await other.line('message', ({ from }) => from === 'peer');
  expect(text).toBe('from one');
}

/** Everything that Mallory hears of the others, until Alice has announced something herself. */
async function heardFrom(alice: Host, listener: Neighbour): Promise<readonly string[]> {
  const sentinel = new Neighbour(alice);
  sentinel.announce('f'.repeat(16), 999, 9999, [4]);
  await listener.first((told) =>
    'heard' in told && Buffer.from(told.heard, 'hex').includes('f'.repeat(16)) ? told : undefined,
  );
  return listener.heard.map(({ datagram }) => Buffer.from(datagram).toString('latin1'));
}

describe('a code without a place', { concurrent: true }, () => {
  test('leads to the host on the same switch, which announces nothing of the words', async (context) => {
    const { alice, bob, mallory } = await oneSwitch(context);
    const listener = new Neighbour(mallory);
    await listener.hear();
    const host = runPunchline(alice, ['chat', '--here', '--json', '--name', 'Ada Lovelace']);
    const { code } = await host.line('invite');
    const guest = runPunchline(bob, ['chat', String(code), '--json']);
    const [{ path }] = await Promise.all([guest.line('connected'), host.line('connected')]);
    expect(path).toBe('lan');
    await talk(host, guest);
    const heard = (await heardFrom(alice, listener)).join('\n').toLowerCase();
    const [number, ...words] = String(code).split('-');
    expect(heard).toContain(`number=${number}`);
    for (const secret of [...words, 'ada', 'lovelace', 'alice', 'bob']) {
      expect(heard).not.toContain(secret);
    }
  });

  test('carries a pipe, too', async (context) => {
    const { alice, bob } = await oneSwitch(context);
    const pipe = [process.execPath, builtProgram, 'pipe'];
    const [one, other] = await Promise.all([
      alice.exec([...pipe, '4711-velvet-orbit'], 'from one'),
      bob.exec([...pipe, '4711-velvet-orbit'], 'from the other'),
    ]);
    expect([one.stdout, other.stdout, one.code, other.code]).toEqual(['from the other', 'from one', 0, 0]);
  });
});

describe('nothing is said by mDNS', { concurrent: true }, () => {
  test('where a place is named', async (context) => {
    const { alice, mallory } = await oneSwitch(context);
    const listener = new Neighbour(mallory);
    await listener.hear();
    const server = runPunchline(alice, ['serve', '--port', '0', '--probe-port', '0', '--host', '127.0.0.1']);
    const { port } = await server.line('listening');
    const place = `127.0.0.1:${String(port)}`;
    const line = ['chat', `4711-velvet-orbit@${place}`, '--json'];
    const [one, other] = [runPunchline(alice, line), runPunchline(alice, line)];
    await Promise.all([one.line('connected'), other.line('connected')]);
    await talk(one, other);
    expect(await heardFrom(alice, listener)).toHaveLength(1);
  });

  test('with --no-lan', async (context) => {
    const { alice, mallory } = await oneSwitch(context);
    const listener = new Neighbour(mallory);
    await listener.hear();
    const chat = runPunchline(alice, ['chat', '4711-velvet-orbit', '--no-lan', '--json']);
    expect((await chat.exited).code).toBe(2);
    expect(await heardFrom(alice, listener)).toHaveLength(1);
  });
});
