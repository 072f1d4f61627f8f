import type { ContextOptions } from './context-options.ts';
import { parseStoreUrl } from './rooms/redis/store-url.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Matchmaker } from './rooms/matchmaker.ts';
import { MemoryMatchmaker } from './rooms/memory-matchmaker.ts';

interface MatchmakerOptions extends Pick<ContextOptions, 'store' | 'signal'> {
  readonly limits: Limits;
  readonly log: Log;
}

/**
 * Opens the rooms of this server alone, or those of a store that it shares with others. Throws ERR_USAGE, ERR_STORE or
 * the signal's reason.
 */
export async function openMatchmaker({ store, limits, log, signal }: MatchmakerOptions): Promise<Matchmaker> {
  signal?.throwIfAborted();
  if (store === undefined) {
    return new MemoryMatchmaker(limits);
  }
  const address = parseStoreUrl(store);
  // The client of the store is large, and a server without a store does not need it.
  const { StoreMatchmaker } = await import('./rooms/redis/store-matchmaker.ts');
  return StoreMatchmaker.connect({ address, limits, log }, signal);
}
