import type { RefusalReason } from './admission/refusal.ts';
import type { SpliceEnd } from './relay/splice.ts';

/** Why a pair is not relayed. */
export type RelayRefusal =
  | 'ERR_RELAY_OFF'
  | 'ERR_RELAY_ALONE'
  | 'ERR_RELAY_FULL'
  | 'ERR_RELAY_ADDRESS_FULL'
  | 'ERR_RELAY_USED_UP'
  | 'ERR_RELAY_APART'
  | 'ERR_RELAY_TICKET';

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
  /** Whether it can be sent to another server. */
  readonly follows: boolean;
  /** JSON goes on. */
  refuse(code: RelayRefusal, message: string): void;
  /** To another server, where it has a place with this ticket. JSON goes on. */
  redirect(server: string, ticket: string): void;
  /** Says `relaying`, and gives the connection away. */
  begin(): SpliceEnd;
}
