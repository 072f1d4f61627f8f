import { describe, expect, test, type TestContext } from 'vitest';
import type { Line, Site } from '../../source/lab/plan/description.ts';
import { silenceMs, startAgent } from '../helpers/programs/agent.ts';
import { countTraffic, labOrSkip, processesIn } from '../helpers/lab/lab.ts';

const ordinary: Site = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' };

/** A host behind a line of its own and a rendezvous behind another. */
async function startLines(context: TestContext, lines: { alice?: Line; rendezvous?: Line }) {
  const lab = await labOrSkip(context, {
    sites: { alice: { ...ordinary, ...(lines.alice && { line: lines.alice }) } },
    rendezvous: { ...(lines.rendezvous && { line: lines.rendezvous }) },
  });
  const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
  const address = lab.hosts['rendezvous']!.addresses[0]!;
  return { lab, alice, rendezvous, known: { ...(await rendezvous.listen(0)), address } };
}

test('delays add up, once in each direction', async (context) => {
  const line = { delayMs: 20 };
  const { alice, known, lab } = await startLines(context, { alice: line, rendezvous: line });
  const all: number[] = [];
  for (let times = 0; times < 8; times += 1) {
    all.push((await alice.meet(known)).ms);
  }
  expect(Math.min(...all)).toBeGreaterThan(78);
  // A machine under load may take half as much again. Twice as much would be one delay too many.
  expect(Math.min(...all)).toBeLessThan(120);
  // If the host had to ask for its neighbour over the line, the first packet would be late.
  const neighbours = await lab.routers['alice']!.exec(['ip', '-4', 'neigh', 'show', 'dev', 'wan']);
  expect(neighbours.stdout.trim()).toMatch(/^50\.0\.1\.1 lladdr \S+ PERMANENT$/);
});

test('jitter spreads the delays, and the processes of a wire end with the lab', async (context) => {
  const { alice, known, lab } = await startLines(context, { alice: { delayMs: 20, jitterMs: 20 } });
  const all: number[] = [];
  for (let times = 0; times < 12; times += 1) {
    all.push((await alice.meet(known)).ms);
  }
  expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(10);
  const { stdout } = await lab.routers['alice']!.exec(['readlink', '/proc/self/ns/net']);
  const network = stdout.trim();
  expect(processesIn(network)).not.toEqual([]);
  await lab.close();
  expect(processesIn(network)).toEqual([]);
});

test('a loss drops its share of the packets', async (context) => {
  const { alice, lab } = await startLines(context, { alice: { lossPercent: 50 } });
  const sent = await countTraffic(lab.routers['alice']!, { syn: 'oifname "wan" tcp flags & syn == syn' });
  const arrived = await countTraffic(lab.routers['internet']!, {
    syn: 'iifname "alice" tcp flags & syn == syn',
  });
  const nobody = { address: '50.0.0.99', port: 9 };
  await Promise.all(Array.from({ length: 200 }, () => alice.dial(nobody, { timeoutMs: silenceMs })));
  const share = (await arrived()).syn.packets / (await sent()).syn.packets;
  // Half of 200 packets, within four standard deviations.
  expect(share).toBeGreaterThan(0.36);
  expect(share).toBeLessThan(0.64);
});

test('a cut of either line is silent, and heals; one of an unknown line is refused', async (context) => {
  const { alice, known, lab, rendezvous } = await startLines(context, {});
  for (const name of ['alice', 'rendezvous']) {
    await alice.dial(known);
    await lab.cut(name);
    await lab.cut(name);
    expect((await alice.dial(known, { timeoutMs: silenceMs })).outcome).toBe('silence');
    await rendezvous.say('held up');
    await lab.restore(name);
    await lab.restore(name);
    expect(await alice.hear()).toBe('held up');
    expect((await alice.dial(known)).outcome).toBe('connected');
  }
  await expect(lab.cut('bob')).rejects.toMatchObject({
    code: 'ERR_USAGE',
    hint: 'Lines lead to: rendezvous, alice.',
  });
});

describe('rebinding', () => {
  test('gives a site another address, and existing connections stay silent', async (context) => {
    const { alice, known, lab, rendezvous } = await startLines(context, {});
    const before = await alice.dial(known, { from: 4001 });
    const address = await lab.rebind('alice');
    expect(address).not.toBe(before.seen?.address);
    expect(lab.routers['alice']!.addresses).toEqual([address]);

    expect((await alice.dial(known, { from: 4002 })).seen).toEqual({ address, port: 4002 });
    const inside = await countTraffic(lab.hosts['alice']!, { old: 'tcp dport 4001' });
    await rendezvous.say('to nobody');
    expect((await rendezvous.dial(before.seen!, { timeoutMs: silenceMs })).outcome).toBe('silence');
    expect((await inside()).old.packets).toBe(0);
  });

  test('that keeps the address forgets existing connections, too', async (context) => {
    const { alice, known, lab, rendezvous } = await startLines(context, {});
    const before = await alice.dial(known, { from: 4001 });
    expect(await lab.rebind('alice', { keepAddress: true })).toBe(before.seen?.address);

    const inside = await countTraffic(lab.hosts['alice']!, { old: 'tcp dport 4001' });
    await rendezvous.say('to nobody');
    expect((await rendezvous.dial(before.seen!, { timeoutMs: silenceMs })).outcome).toBe('silence');
    expect((await inside()).old.packets).toBe(0);
  });

  test('works for a customer of a carrier, more than once', async (context) => {
    const lab = await labOrSkip(context, {
      sites: { carrier: { ...ordinary, hosts: [] }, alice: { ...ordinary, behind: 'carrier' } },
    });
    const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
    const known = { ...(await rendezvous.listen(0)), address: lab.hosts['rendezvous']!.addresses[0]! };
    const customer = new Set<string>();
    const outer = new Set<string>();
    for (let times = 0; times < 3; times += 1) {
      customer.add(await lab.rebind('alice'));
      outer.add(await lab.rebind('carrier'));
      expect((await alice.dial(known)).seen?.address).toBe([...outer].at(-1));
    }
    expect([customer.size, outer.size]).toEqual([3, 3]);
  });
});
