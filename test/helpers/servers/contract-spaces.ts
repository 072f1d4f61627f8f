/** Every matchmaker that the contract's tests run over: what they ask of it, and how it is looked into. */
import { parseStoreUrl } from '../../../source/server/rooms/redis/store-url.ts';
import { defaultLimits } from '../../../source/server/limits.ts';
import type { Shares } from '../../../source/server/admission/shares.ts';
import { silentLog } from '../../../source/server/log.ts';
import type { Matchmaker, Seat, SeatEvent } from '../../../source/server/rooms/matchmaker.ts';
import { MemoryMatchmaker } from '../../../source/server/rooms/memory-matchmaker.ts';
import { StoreMatchmaker } from '../../../source/server/rooms/redis/store-matchmaker.ts';
import { missingRedis, startRedis, type RedisClient, type RedisServer } from './redis-server.ts';
import { base64url } from './rendezvous-server.ts';

export interface Person {
  readonly seat: Seat;
  readonly all: SeatEvent[];
}

export interface ContractSpace {
  /** From an address that is exempt, or has these shares. */
  arrive(shares?: Shares): Person;
  /** Resolves when all that was asked has been answered, and everybody told. */
  settle(): Promise<void>;
  /** What is there that has not ended. */
  left(): Promise<{ readonly rooms: number; readonly waiting: number; readonly seats: number }>;
  close(): Promise<void>;
}

interface ContractMatchmaker {
  readonly name: string;
  /** Of random sequences: a store answers over a socket. */
  readonly runs: number;
  missing(): string | undefined;
  begin(): Promise<void>;
  end(): Promise<void>;
  create(): Promise<ContractSpace>;
}

function arriveAt(matchmaker: Matchmaker, shares: Shares): Person {
  const all: SeatEvent[] = [];
  return { seat: matchmaker.seat((event) => all.push(event), shares), all };
}

const inMemory: ContractMatchmaker = {
  name: 'in the memory of one server',
  runs: 300,
  missing: () => undefined,
  begin: async () => {},
  end: async () => {},
  create: async () => {
    const matchmaker = new MemoryMatchmaker(defaultLimits);
    return {
      arrive: (shares = []) => arriveAt(matchmaker, shares),
      settle: async () => {},
      left: async () => matchmaker.counts(),
      close: () => matchmaker.close(),
    };
  },
};

/** An answer comes on the way that all others took: so they have come, too. */
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

/** In a store, over so many servers: each connection comes to another one. */
function inStore(servers: number): ContractMatchmaker {
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
    create: async () => {
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
        matchmakers.push(
          await StoreMatchmaker.connect({ address, limits: defaultLimits, log: silentLog, clock }),
        );
      }
      let arrived = 0;
      // What one asks may be told at another, and that one may ask in its turn.
      async function settle() {
        for (const matchmaker of [...matchmakers, ...matchmakers]) {
          await roundTrip(matchmaker);
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
          // Long enough for what the round trips themselves leave behind to be gone.
          await settle();
          const rooms = await Promise.all(
            (await look.keys('punchline:room:*')).map(async (key) => await look.get(key)),
          );
          const lasting = rooms
            .map((text) => JSON.parse(text ?? '{}') as { phase?: string; returnAt?: number })
            .filter(({ returnAt }) => returnAt === undefined || returnAt > clock());
          // The last round trip of each may still be in its room.
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
