/** The matchmakers that the contract's tests run on, with ways to use and inspect them. */
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import { parseStoreUrl } from '../../../source/server/rooms/redis/store-url.ts';
import { defaultLimits, type Limits } from '../../../source/server/limits.ts';
import type { Shares } from '../../../source/server/admission/shares.ts';
import { silentLog } from '../../../source/server/log.ts';
import type { Matchmaker, Seat, SeatEvent } from '../../../source/server/rooms/matchmaker.ts';
import { MemoryMatchmaker } from '../../../source/server/rooms/memory-matchmaker.ts';
import { StoreMatchmaker } from '../../../source/server/rooms/redis/store-matchmaker.ts';
import { missingRedis, startRedis, type RedisClient, type RedisServer } from './redis-server.ts';
import { base64url } from './rendezvous-server.ts';
import { skipWithout } from '../skip-without.ts';

export interface Person {
  readonly seat: Seat;
  readonly all: SeatEvent[];
}

export interface ContractSpace {
  /** Adds a person, from an exempt address or with these shares. */
  arrive(shares?: Shares): Person;
  /** Resolves when all requests were answered and everybody was told. */
  settle(): Promise<void>;
  /** Counts rooms, waiting people and seats that are left. */
  left(): Promise<{ readonly rooms: number; readonly waiting: number; readonly seats: number }>;
  close(): Promise<void>;
}

export interface ContractMatchmaker {
  readonly name: string;
  /** The number of random sequences. It is smaller for a store, which answers over a socket. */
  readonly runs: number;
  missing(): string | undefined;
  begin(): Promise<void>;
  end(): Promise<void>;
  create(limits?: Limits): Promise<ContractSpace>;
}

/** Leaves when it is refused, while it is told so: a client's connection is over then. */
function arriveAt(matchmaker: Matchmaker, shares: Shares): Person {
  const all: SeatEvent[] = [];
  const seat = matchmaker.seat((event) => {
    all.push(event);
    if (event.kind === 'refused' || event.kind === 'retry') {
      seat.leave();
    }
  }, shares);
  return { seat, all };
}

export const inMemory: ContractMatchmaker = {
  name: 'in the memory of one server',
  runs: 300,
  missing: () => undefined,
  begin: async () => {},
  end: async () => {},
  create: async (limits = defaultLimits) => {
    const matchmaker = new MemoryMatchmaker(limits);
    return {
      arrive: (shares = []) => arriveAt(matchmaker, shares),
      settle: async () => {},
      left: async () => matchmaker.counts(),
      close: () => matchmaker.close(),
    };
  },
};

/** When this answer has come, all earlier ones have come, too, because they take the same way. */
function roundTrip(matchmaker: Matchmaker) {
  return new Promise<void>((resolve) => {
    const seat = matchmaker.seat((event) => {
      if (event.kind !== 'waiting') {
        return;
      }
      seat.leave();
      resolve();
    }, []);
    const mapped = { address: '192.0.2.1', port: 1 };
    seat.resume(base64url(16), 'a', {
      client: base64url(16),
      mapped,
      nonce: base64url(8),
      nat: undefined,
      rttMs: 0,
    });
  });
}

/** A matchmaker in a store that several servers share. Each connection is at another server. */
export function inStore(servers: number): ContractMatchmaker {
  let redis: RedisServer | undefined;
  let client: RedisClient | undefined;
  return {
    name: `in a store that ${servers} share${servers === 1 ? 's' : ''}`,
    runs: 20,
    missing: missingRedis,
    begin: async () => {
      redis = await startRedis();
      client = await redis.client();
    },
    end: async () => {
      await redis?.close();
    },
    create: async (limits = defaultLimits) => {
      if (redis === undefined || client === undefined) {
        throw new Error('there is no store');
      }
      const [address, look] = [parseStoreUrl(redis.url), client];
      await look.flushAll();
      const beganAt = Date.now();
      function clock() {
        return beganAt + Math.floor(performance.now());
      }
      const matchmakers: StoreMatchmaker[] = [];
      while (matchmakers.length < servers) {
        matchmakers.push(await StoreMatchmaker.connect({ address, limits, log: silentLog, clock }));
      }
      let arrived = 0;
      // A request at one server may be told at another, whose client may answer with a request.
      // The first round trip says that all was asked, the next that all were told, the third that those who left were heard.
      async function settle() {
        for (let round = 1; round <= 3; round += 1) {
          await Promise.all(matchmakers.map(roundTrip));
        }
      }
      return {
        arrive: (shares = []) => {
          const matchmaker = matchmakers[(arrived += 1) % servers];
          if (matchmaker === undefined) {
            throw new Error('no such server');
          }
          return arriveAt(matchmaker, shares);
        },
        settle,
        left: async () => {
          // Long enough for keys of the round trips themselves to expire.
          await settle();
          const rooms = await Promise.all(
            (await look.keys('punchline:room:*')).map(async (key) => await look.get(key)),
          );
          const lasting = rooms
            .map((text) => JSON.parse(text ?? '{}') as { phase?: string; returnAt?: number })
            .filter(({ returnAt }) => returnAt === undefined || returnAt > clock());
          // The keys of the last round trips may still be there.
          const resumes = await look.keys('punchline:resume:*');
          return {
            rooms: lasting.length + Math.max(0, resumes.length - servers),
            waiting: lasting.filter(({ phase }) => phase === 'waiting').length,
            seats: (await look.keys('punchline:client:*')).length,
          };
        },
        close: async () => {
          await Promise.all(matchmakers.map((matchmaker) => matchmaker.close()));
        },
      };
    },
  };
}

export const contractSpaces: readonly ContractMatchmaker[] = [inMemory, inStore(1), inStore(2)];

/** Starts and ends the store around the tests of a file, which run by a clock of their own. Skips them without Redis. */
export function useStore(store: ContractMatchmaker): void {
  const reason = store.missing();
  beforeAll(async () => {
    if (reason === undefined) {
      await store.begin();
    }
  });
  afterAll(() => store.end());
  beforeEach((context) => {
    if (reason !== undefined) {
      skipWithout(context, reason);
    }
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    return () => vi.useRealTimers();
  });
}
