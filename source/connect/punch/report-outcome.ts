import type { Path } from '../../events.ts';
import { natKindOf } from '../../nat/nat-kind.ts';
import type { DoneMessage } from '../../protocol/rendezvous-messages.ts';
import type { PairFacts } from './punch-failure.ts';

export interface DoneFacts {
  readonly path?: Path | undefined;
  /** Undefined where no peer was met. */
  readonly nats: Pick<PairFacts, 'own' | 'peer'> | undefined;
}

/**
 * The last word to the rendezvous: the match is over. For the operator's
 * figures it may say how, and between which kinds of NAT; without `report`
 * only what the protocol asks for.
 */
export function doneMessage(
  outcome: DoneMessage['outcome'],
  report: boolean,
  { path, nats }: DoneFacts,
): DoneMessage {
  return {
    t: 'done',
    outcome,
    ...(report && path !== undefined && { path }),
    ...(report && nats !== undefined && { own: natKindOf(nats.own), peer: natKindOf(nats.peer) }),
  };
}
