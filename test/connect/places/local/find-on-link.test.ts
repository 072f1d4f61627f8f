/** Announcing and finding, between hosts on one switch. Nothing here leaves the namespaces of the lab. */
import { encode, type Answer } from 'dns-packet';
import { describe, expect, test, type TestContext } from 'vitest';
import {
  encodeAnnouncement,
  encodeGoodbye,
  encodeQuery,
  parseLinkMessage,
} from '../../../../source/connect/places/local/link-messages.ts';
import type { Host } from '../../../../source/lab/host.ts';
import type { Lab } from '../../../../source/lab/lab.ts';
import { oneSwitch } from '../../../helpers/lab/one-switch.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { Neighbour } from '../../../helpers/programs/link.ts';
import { sharedInFile } from '../../../helpers/shared.ts';

const theLab = sharedInFile((owner) => oneSwitch(owner));
const theLabWithIpv6 = sharedInFile((owner) => oneSwitch(owner, true));

/** One in each host on one switch. They end with the test. */
async function neighbours(context: TestContext, startLab: (context: TestContext) => Promise<Lab> = theLab) {
  const lab = await startLab(context);
  const { alice, bob, mallory } = lab.hosts;
  function start(host: Host | undefined) {
    const neighbour = new Neighbour(host!);
    context.onTestFinished(() => neighbour.end());
    return neighbour;
  }
  return {
    lab,
    start,
    alice: start(alice),
    bob: start(bob),
    mallory: start(mallory),
    address: { alice: alice!.addresses[0]!, bob: bob!.addresses[0]!, mallory: mallory!.addresses[0]! },
  };
}

const [first, second, last] = ['1'.repeat(16), '2'.repeat(16), 'f'.repeat(16)] as const;

const goodbyeOfFirst = Buffer.from(encodeGoodbye({ id: first, number: 7, port: 4000 }));

describe('a host', () => {
  test('that is there already is found at the address of its answer', async (context) => {
    const { alice, bob, address } = await neighbours(context);
    await bob.hear();
    alice.announce(first, 7, 4000);
    // It has announced itself twice, so that nothing but a question makes it speak again.
    await eventually(() => expect(bob.heard.length).toBe(2));
    bob.find(7);
    expect(await bob.host(first)).toEqual({ id: first, endpoint: { address: address.alice, port: 4000 } });
  });

  test('that comes later is found as soon as it announces itself', async (context) => {
    const { alice, bob, address } = await neighbours(context);
    bob.find(7);
    await alice.hear();
    await alice.first((told) => ('heard' in told ? told : undefined));
    alice.announce(first, 7, 4000);
    expect((await bob.host(first)).endpoint).toEqual({ address: address.alice, port: 4000 });
  });

  test('whose number nobody knows yet is silent, and answers the first question at once', async (context) => {
    const { alice, bob, mallory } = await neighbours(context);
    await mallory.hear();
    alice.answer(first, 7, 4000);
    bob.find(7);
    await bob.host(first);
    await alice.end();
    await eventually(() => expect(mallory.heard.at(-1)?.datagram).toEqual(goodbyeOfFirst));
    const said = mallory.heard.map(({ datagram }) => parseLinkMessage(datagram)?.t);
    expect(said[0]).toBe('query');
    // The answer, and the goodbye.
    expect(said.filter((one) => one === 'answer')).toHaveLength(2);
  });

  test('of another number is not found', async (context) => {
    const { alice, bob, mallory } = await neighbours(context);
    mallory.announce(second, 8, 4000);
    bob.find(7);
    await bob.hear();
    await eventually(() => expect(bob.heard.length).toBeGreaterThan(1));
    alice.announce(first, 7, 4000);
    await bob.host(first);
    expect(bob.found.map(({ id }) => id)).toEqual([first]);
  });

  test('is found from the same machine, beside another run that looks, too', async (context) => {
    const { lab, start, alice, address } = await neighbours(context);
    const others = [start(lab.hosts['alice']), start(lab.hosts['alice'])];
    alice.announce(first, 7, 4000);
    for (const other of others) {
      other.find(7);
    }
    const found = await Promise.all(others.map((other) => other.host(first)));
    expect(found.map(({ endpoint }) => endpoint.address)).toEqual([address.alice, address.alice]);
  });

  test('takes no datagram away from another program that serves mDNS on the same machine', async (context) => {
    const { lab, start, alice, bob, address } = await neighbours(context);
    const system = start(lab.hosts['alice']);
    await system.hear();
    alice.announce(first, 7, 4000);
    alice.find(8);
    await system.first((told) =>
      'heard' in told && isAnswer(Buffer.from(told.heard, 'hex')) ? told : undefined,
    );
    // The kernel gives such a datagram to one socket only.
    const question = Buffer.from('to the system');
    await bob.say(question, { to: address.alice });
    await eventually(() => expect(system.heard.map(({ datagram }) => datagram)).toContainEqual(question));
  });

  test('says goodbye when it ends', async (context) => {
    const { alice, bob } = await neighbours(context);
    await bob.hear();
    alice.announce(first, 7, 4000);
    await eventually(() => expect(bob.heard.length).toBeGreaterThan(0));
    await alice.end();
    const goodbye = await eventually(() => {
      const { datagram } = bob.heard.at(-1)!;
      expect(parseLinkMessage(datagram)).toEqual({ t: 'answer', announcements: [] });
      return datagram;
    });
    expect(Buffer.from(goodbye).includes(first)).toBe(true);
  });

  test('is found by IPv6 at an address that can be dialled, with the zone where it needs one', async (context) => {
    const { alice, bob } = await neighbours(context, theLabWithIpv6);
    alice.announce(first, 7, 4000, [6]);
    bob.find(7, [6]);
    expect(await bob.host(first)).toEqual({
      id: first,
      endpoint: { address: expect.stringMatching(/^fe80::[\da-f:]+%eth0$/), port: 4000 },
    });
  });

  test('with both families is found in each', async (context) => {
    const { alice, bob, address } = await neighbours(context, theLabWithIpv6);
    alice.announce(first, 7, 4000);
    bob.find(7);
    await eventually(() => {
      const addresses = bob.found.map(({ endpoint }) => endpoint.address);
      expect(addresses.toSorted()).toEqual([address.alice, expect.stringMatching(/^fe80:/)]);
    });
  });

  test('answers a flood of questions once, and not sooner than a second after it has spoken', async (context) => {
    const { alice, bob, mallory } = await neighbours(context);
    function answers() {
      return bob.heard.filter(({ datagram }) => isAnswer(datagram)).length;
    }
    await bob.hear();
    const startedAt = performance.now();
    alice.announce(first, 7, 4000);
    await eventually(() => expect(answers()).toBe(2));
    const askedAt = performance.now();
    await mallory.say(encodeQuery(), { times: 2000 });
    await eventually(() => expect(answers()).toBe(3));
    // The second announcement came 1 s after the first. Timers may be a millisecond early.
    expect(performance.now() - startedAt).toBeGreaterThan(1990);
    await mallory.say(encodeQuery());
    await eventually(() => expect(answers()).toBeGreaterThan(3));
    expect(answers() - 3).toBeLessThanOrEqual((performance.now() - askedAt) / 1000);
  });
});

function isAnswer(datagram: Uint8Array): boolean {
  return parseLinkMessage(datagram)?.t === 'answer';
}

function datagramOf(all: readonly Answer[]): Uint8Array {
  return encode({ type: 'response', answers: [...all] });
}

/** What it says is read before the announcement of the true host, because both come through the same socket. */
async function foundAfter(
  context: TestContext,
  talk: (mallory: Neighbour, bobAddress: string) => Promise<void>,
) {
  const { alice, bob, mallory, address } = await neighbours(context);
  bob.find(7);
  await mallory.hear();
  await mallory.first((told) => ('heard' in told ? told : undefined));
  await talk(mallory, address.bob);
  alice.announce(first, 7, 4000);
  await bob.host(first);
  return { bob, address };
}

describe('a hostile neighbour', () => {
  const name = `${last}._punchline._tcp.local`;

  test('that names another address leads to its own', async (context) => {
    const { bob, address } = await foundAfter(context, (mallory) =>
      mallory.say(
        datagramOf([
          { type: 'SRV', name, ttl: 10, data: { port: 4000, target: 'victim.local' } },
          { type: 'TXT', name, ttl: 10, data: 'number=7' },
          { type: 'A', name: 'victim.local', ttl: 10, data: '192.0.2.1' },
        ]),
      ),
    );
    expect(bob.found[0]).toEqual({ id: last, endpoint: { address: address.mallory, port: 4000 } });
  });

  test('that names a port below 1024 is not found', async (context) => {
    const { bob } = await foundAfter(context, async (mallory) => {
      await mallory.say(encodeAnnouncement({ id: last, number: 7, port: 22 }));
      await mallory.say(encodeAnnouncement({ id: last, number: 7, port: 1023 }));
    });
    expect(bob.found.map(({ id }) => id)).toEqual([first]);
  });

  test('that answers from another port than that of mDNS is not found', async (context) => {
    const { bob } = await foundAfter(context, (mallory) =>
      mallory.say(encodeAnnouncement({ id: last, number: 7, port: 4000 }), { port: 40_000 }),
    );
    expect(bob.found.map(({ id }) => id)).toEqual([first]);
  });

  test('that sends to one machine, as somebody outside the link could, is not found', async (context) => {
    const { bob } = await foundAfter(context, (mallory, bobAddress) =>
      mallory.say(encodeAnnouncement({ id: last, number: 7, port: 4000 }), { to: bobAddress }),
    );
    expect(bob.found.map(({ id }) => id)).toEqual([first]);
  });

  test('whose address is not of the link is not found', async (context) => {
    // It changes the addresses of a host.
    const { lab, start, alice, bob, mallory } = await neighbours(context, oneSwitch);
    bob.find(7);
    await mallory.hear();
    await mallory.first((told) => ('heard' in told ? told : undefined));
    const moved = await lab.hosts['mallory']!.exec([
      'sh',
      '-ec',
      'ip address flush dev eth0 scope global; ip address add 192.0.2.66/24 dev eth0',
    ]);
    expect(moved.code).toBe(0);
    const outsider = start(lab.hosts['mallory']);
    await outsider.hear();
    await outsider.say(encodeAnnouncement({ id: last, number: 7, port: 4000 }));
    alice.announce(first, 7, 4000);
    await bob.host(first);
    expect(bob.found.map(({ id }) => id)).toEqual([first]);
  });

  test('that sends malformed datagrams stops nobody', async (context) => {
    const whole = Buffer.from(encodeAnnouncement({ id: last, number: 7, port: 4000 }));
    const { bob } = await foundAfter(context, async (mallory) => {
      for (let length = 0; length < whole.length; length += 7) {
        await mallory.say(whole.subarray(0, length));
      }
      await mallory.say(Buffer.concat([whole, Buffer.alloc(9000)]));
    });
    expect(bob.found.map(({ id }) => id)).toEqual([first]);
  });

  test('that answers 10,000 times is read a few times, and stops nobody', async (context) => {
    const { bob, address } = await foundAfter(context, async (mallory) => {
      for (let one = 0; one < 10_000; one += 500) {
        const id = (0xf000_0000_0000_0000n + BigInt(one)).toString(16);
        await mallory.say(encodeAnnouncement({ id, number: 7, port: 4000 }), { times: 500 });
      }
    });
    expect(bob.found.length).toBeLessThanOrEqual(16);
    expect(bob.found.at(-1)?.endpoint.address).toBe(address.alice);
  });

  test('that invents hosts is remembered as 16 of them', async (context) => {
    const { alice, bob, mallory, address } = await neighbours(context);
    bob.find(7);
    await bob.hear();
    await mallory.hear();
    await mallory.first((told) => ('heard' in told ? told : undefined));
    for (let one = 0; one < 24; one += 1) {
      await mallory.say(
        encodeAnnouncement({ id: one.toString(16).padStart(16, 'e'), number: 7, port: 4000 }),
      );
    }
    alice.announce(first, 7, 4000);
    // When the second announcement is heard, the first one was read long ago.
    await eventually(() => {
      expect(
        bob.heard.filter((heard) => heard.address === address.alice && isAnswer(heard.datagram)).length,
      ).toBe(2);
    });
    expect(bob.found.map(({ endpoint }) => endpoint.address)).toEqual(Array(16).fill(address.mallory));
  });
});
