import type { Limits } from './limits.ts';
import type { Log } from './log.ts';

/** What each kind of server can be told. It stands alone, because the types of the library need nothing else of it. */
export interface ContextOptions {
  /** Default: no log. */
  readonly logger?: Log | undefined;
  /** Log whole addresses of clients. Default: only their networks. */
  readonly logAddresses?: boolean | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Whether it relays for peers that cannot reach each other; default true. */
  readonly relay?: boolean | undefined;
  /** Networks such as `192.0.2.0/24` to which the limits by address do not apply. */
  readonly exempt?: readonly string[] | undefined;
  /** `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`. Servers with the same store share one space of rooms. Default: none. */
  readonly store?: string | undefined;
  /** Ends the server at once, without an error. Aborted before it listens, it rejects with the signal's reason, and leaves nothing open. */
  readonly signal?: AbortSignal | undefined;
}
