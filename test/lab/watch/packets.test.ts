import { describe, expect, test } from 'vitest';
import { mapLab } from '../../../source/lab/watch/lab-map.ts';
import { Packets, type SeenPacket } from '../../../source/lab/watch/packets.ts';
import type { WatchedPacket } from '../../../source/lab/watch/watch-events.ts';

const cone = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } as const;
const map = mapLab({ sites: { alice: { ...cone, line: { delayMs: 20 } }, bob: cone } });

const inside = '192.168.1.2:4000';
const mapped = '50.0.1.2:4000';
const target = '50.0.2.2:5000';
const bob = '192.168.2.2:5000';

const syn = {
  protocol: 'tcp',
  flags: 'S',
  seq: 100,
  ack: 0,
  length: 0,
  label: 7,
  device: 1,
} as const;

type Where = readonly [place: string, side: SeenPacket['side'], way: SeenPacket['way'], ends: string];

/** A packet on its way: each place a millisecond later than the one before. */
function course(packet: Partial<SeenPacket>, start: number, ...wheres: readonly Where[]): SeenPacket[] {
  const one = { ...syn, ...packet };
  return wheres.map(([place, side, way, ends], index) => {
    const [source = '', to = ''] = ends.split(' ');
    return Object.assign({}, one, { at: start + index, place, side, way, source, target: to });
  });
}

const toBob: readonly Where[] = [
  ['alice.router', 'inside', 'in', `${inside} ${target}`],
  ['alice.router', 'outside', 'out', `${mapped} ${target}`],
  ['internet', 'outside', 'in', `${mapped} ${target}`],
  ['internet', 'outside', 'out', `${mapped} ${target}`],
  ['bob.router', 'outside', 'in', `${mapped} ${target}`],
];
const intoBob: Where = ['bob.router', 'inside', 'out', `${mapped} ${bob}`];

function watch(tell: (packets: Packets, told: readonly WatchedPacket[]) => void): WatchedPacket[] {
  const told: WatchedPacket[] = [];
  const packets = new Packets(map, (packet) => told.push(packet));
  tell(packets, told);
  return told;
}

function seeAll(packets: Packets, seen: readonly SeenPacket[]): void {
  seen.forEach((one) => packets.see(one));
}

describe('fates', () => {
  test('a packet that leaves its last router is delivered, and told as soon as its captures are due', () => {
    const told = watch((packets, early) => {
      seeAll(packets, course({}, 1000, ...toBob, intoBob));
      packets.look(1300);
      expect(early).toEqual([]);
      packets.look(1500);
    });
    expect(told).toMatchObject([
      { id: 1, at: 1000, from: 'alice', to: 'bob', flags: 'S', fate: { kind: 'delivered' } },
    ]);
    expect(told[0]?.sightings.map(({ source }) => source)).toEqual([
      inside,
      mapped,
      mapped,
      mapped,
      mapped,
      mapped,
    ]);
  });

  test('the captures of two routers may come in any order', () => {
    const told = watch((packets) => {
      seeAll(packets, course({}, 1000, ...toBob, intoBob).slice(2));
      packets.look(1500);
      seeAll(packets, course({}, 1000, ...toBob, intoBob).slice(0, 2));
      packets.look(1600);
    });
    expect(told).toMatchObject([{ at: 1000, from: 'alice', to: 'bob', sightings: { length: 6 } }]);
  });

  test('a rule that dropped it is the reason, and ends the wait', () => {
    const told = watch((packets) => {
      packets.drop('bob.router', { source: mapped, target, label: 7, reason: 'not contacted' }, 1006);
      seeAll(packets, course({}, 1000, ...toBob));
      packets.look(1500);
    });
    expect(told).toMatchObject([
      { to: 'bob.router', fate: { kind: 'stopped', place: 'bob.router', reason: 'not contacted' } },
    ]);
  });

  test('a trace that falls behind is waited for', () => {
    const told = watch((packets, early) => {
      seeAll(packets, course({}, 1000, ...toBob));
      packets.look(1500);
      packets.trace('bob.router', 3400);
      packets.look(3600);
      expect(early).toEqual([]);
      packets.drop('bob.router', { source: mapped, target, label: 7, reason: 'not contacted' }, 3650);
      packets.look(3700);
    });
    expect(told).toMatchObject([{ fate: { kind: 'stopped', reason: 'not contacted' } }]);
  });

  test('without a trace it was stopped where it came in, when a line could not hold it any longer', () => {
    const told = watch((packets, early) => {
      seeAll(packets, course({ flags: 'AP', length: 10 }, 1000, ...toBob));
      packets.look(1500);
      packets.look(3500);
      expect(early).toEqual([]);
      packets.look(3550);
    });
    expect(told).toMatchObject([{ fate: { kind: 'stopped', place: 'bob.router' } }]);
    expect(told[0]?.fate).not.toHaveProperty('reason');
  });

  test('an RST of the router is its answer, and a packet of its own', () => {
    const told = watch((packets) => {
      seeAll(packets, course({}, 1000, ...toBob));
      const answer = { flags: 'AR', seq: 0, ack: 101, label: 0 };
      const way: Where[] = [
        ['bob.router', 'outside', 'out', `${target} ${mapped}`],
        ['internet', 'outside', 'in', `${target} ${mapped}`],
        ['internet', 'outside', 'out', `${target} ${mapped}`],
        ['alice.router', 'outside', 'in', `${target} ${mapped}`],
        ['alice.router', 'inside', 'out', `${target} ${inside}`],
      ];
      seeAll(packets, course(answer, 1006, ...way));
      packets.look(1500);
      packets.finish(2000);
    });
    // Nobody else can have sent it, so it is told at once.
    expect(told).toMatchObject([
      { id: 2, from: 'bob.router', to: 'alice', flags: 'AR', fate: { kind: 'delivered' } },
      { id: 1, from: 'alice', fate: { kind: 'answered', place: 'bob.router', by: 'rst' } },
    ]);
  });

  test('an ICMP error of the router is its answer, too', () => {
    const told = watch((packets) => {
      seeAll(packets, course({}, 1000, ...toBob));
      const error = {
        protocol: 'icmp',
        flags: 'unreachable',
        seq: 0,
        about: { source: mapped, target, seq: 100 },
      };
      seeAll(
        packets,
        course(error as Partial<SeenPacket>, 1006, ['bob.router', 'outside', 'out', '50.0.2.254 50.0.1.2']),
      );
      packets.finish(1500);
    });
    expect(told).toMatchObject([
      { fate: { kind: 'answered', place: 'bob.router', by: 'icmp' } },
      { from: 'bob.router', protocol: 'icmp', fate: { kind: 'lost', place: 'bob.router' } },
    ]);
  });

  test('what never leaves its own router is kept, and what is seen nowhere after one is lost', () => {
    const told = watch((packets) => {
      seeAll(packets, course({}, 1000, ...toBob.slice(0, 1)));
      seeAll(packets, course({ seq: 500 }, 1100, ...toBob.slice(0, 2)));
      packets.finish(5000);
    });
    expect(told.map(({ fate }) => fate)).toEqual([
      { kind: 'kept', place: 'alice.router' },
      { kind: 'lost', place: 'alice.router' },
    ]);
  });
});

describe('joins', () => {
  test('a retransmission is a packet of its own, also with the same number of IP', () => {
    const told = watch((packets) => {
      seeAll(packets, course({}, 1000, ...toBob));
      seeAll(packets, course({}, 2000, ...toBob));
      packets.finish(5000);
    });
    expect(told.map(({ at, sightings }) => [at, sightings.length])).toEqual([
      [1000, 5],
      [2000, 5],
    ]);
  });

  test('another connection with the same numbers is another packet', () => {
    const told = watch((packets) => {
      seeAll(packets, course({}, 1000, ...toBob));
      seeAll(packets, course({}, 1000, ['alice.router', 'inside', 'in', '192.168.1.2:4001 50.0.2.2:5001']));
      packets.finish(5000);
    });
    expect(told).toHaveLength(2);
  });

  test('the pieces into which a device cuts a packet belong to it', () => {
    const [first, ...others] = toBob;
    const told = watch((packets) => {
      seeAll(packets, course({ flags: 'A', ack: 9, length: 4000 }, 1000, first as Where));
      for (const [offset, length, flags] of [
        [0, 1448, 'A'],
        [1448, 1448, 'A'],
        [2896, 1104, 'AP'],
      ] as const) {
        const piece = { flags, ack: 9, seq: 100 + offset, length, label: 8 + offset };
        seeAll(packets, course(piece, 1001, ...others, intoBob));
      }
      packets.finish(5000);
    });
    expect(told).toMatchObject([{ length: 4000, fate: { kind: 'delivered' } }]);
  });

  test('a bridge and its port see one packet', () => {
    const told = watch((packets) => {
      seeAll(packets, course({ device: 3 }, 1000, toBob[0] as Where));
      seeAll(packets, course({ device: 4 }, 1000, toBob[0] as Where));
      packets.finish(5000);
    });
    expect(told).toMatchObject([{ sightings: { length: 1 } }]);
  });

  test('a late sighting of a packet that was told is no other packet', () => {
    const told = watch((packets, early) => {
      seeAll(packets, course({}, 1000, ...toBob));
      packets.look(1500);
      packets.look(3600);
      expect(early).toHaveLength(1);
      seeAll(packets, course({}, 1005, intoBob));
      packets.look(3700);
      packets.finish(9000);
    });
    expect(told).toHaveLength(1);
  });
});
