import { expect, test } from 'vitest';
import type { Site } from '../../source/lab/plan/description.ts';
import type { Host } from '../../source/lab/host.ts';
import { startAgent } from '../helpers/programs/agent.ts';
import { eventually } from '../helpers/eventually.ts';
import { countTraffic, labOrSkip } from '../helpers/lab/lab.ts';

const forgetful: Site = {
  mapping: 'endpoint-independent',
  ports: 'sequential',
  filtering: 'address-and-port-dependent',
  idleSeconds: 2,
};

test.concurrent('a mapping lives as long as packets pass, and is forgotten when none did for its idle time', async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: forgetful } });
  const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
  const address = lab.hosts['rendezvous']!.addresses[0]!;
  const [known, other] = [await rendezvous.listen(0), await rendezvous.listen(0)];
  const before = await alice.dial({ address, port: known.port }, { from: 4001 });
  const startedAt = performance.now();
  while (performance.now() - startedAt < 3000) {
    await alice.say('still here');
    await rendezvous.hear();
  }
  expect((await alice.dial({ address, port: other.port }, { from: 4001 })).seen).toEqual(before.seen);

  await forgotten(lab.routers['alice']!);
  const after = await alice.dial({ address, port: (await rendezvous.listen(0)).port }, { from: 4001 });
  expect(after.seen).toEqual({ ...before.seen, port: before.seen!.port + 1 });
});

test.concurrent('packets from outside over a connection that idled too long are not let in', async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: forgetful } });
  const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
  const { port } = await rendezvous.listen(0);
  await alice.dial({ address: lab.hosts['rendezvous']!.addresses[0]!, port }, { from: 4001 });
  const inside = await countTraffic(lab.hosts['alice']!, { any: 'tcp dport 4001' });
  await rendezvous.say('in time');
  expect(await alice.hear()).toBe('in time');
  const inTime = (await inside()).any.packets;
  expect(inTime).toBeGreaterThan(0);

  await forgotten(lab.routers['alice']!);
  const outside = await countTraffic(lab.routers['internet']!, { any: 'iifname "rendezvous"' });
  await rendezvous.say('too late');
  await eventually(async () => expect((await outside()).any.packets).toBeGreaterThan(1));
  expect((await inside()).any.packets).toBe(inTime);
});

/** Waits until a router has no mapping left. */
async function forgotten(router: Host): Promise<void> {
  await eventually(async () => {
    const { stdout } = await router.exec(['nft', 'list', 'map', 'ip', 'site', 'external']);
    expect(stdout).toContain('timeout 2s');
    expect(stdout).not.toContain('elements');
  });
}
