import type { RefusalReason } from './refusal.ts';
import type { SpliceEnd } from './splice.ts';

/** Why a pair is not relayed. */
export type RelayRefusal =
  | 'ERR_RELAY_OFF'
  | 'ERR_RELAY_ALONE'
  | 'ERR_RELAY_FULL'
  | 'ERR_RELAY_ADDRESS_FULL'
  | 'ERR_RELAY_USED_UP';

/** Those that are limits, as they are counted. */
export const relayLimits: Partial<Record<RelayRefusal, RefusalReason>> = {
  ERR_RELAY_FULL: 'relayed-pairs',
  ERR_RELAY_ADDRESS_FULL: 'address-relayed-pairs',
  ERR_RELAY_USED_UP: 'relay-used-up',
};

/** One who has asked, and says nothing more until it is answered. */
export interface RelaySide {
  /** 16 random bytes of the client's process. */
  readonly client: string;
  readonly address: string;
  /** For the log. */
  readonly shown: string;
  /** JSON goes on. */
  refuse(code: RelayRefusal, message: string): void;
  /** Says `relaying`, and gives the connection away. */
  begin(): SpliceEnd;
}
