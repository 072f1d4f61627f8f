import type { Happening } from '../../../events.ts';
import { natKindOf } from '../../../nat/nat-kind.ts';
import type { RelayWish } from '../../../protocol/relay-wish.ts';
import { directReach, type PairFacts } from '../pair-facts.ts';
import { dialsOf, type RoundPlan } from './punch-plan.ts';
import type { SpraySize } from './spray-budget.ts';

/** Tells the plan of a round if it is not the same as before. */
export function announcer({
  emit,
  spraySize,
}: {
  readonly emit: (happening: Happening) => void;
  readonly spraySize: SpraySize;
}): (plan: RoundPlan) => void {
  let said: string | undefined;
  return (plan) => {
    if (plan.strategy === said && plan.spray === undefined) {
      return;
    }
    said = plan.strategy;
    emit({ event: 'plan', strategy: plan.strategy, dials: dialsOf(plan, spraySize) });
  };
}

/** What each side says about a relay. */
interface Wishes {
  readonly relay: RelayWish;
}

/** Tells what both NATs do, and which side wants no relay, if that is news. */
export function natsTeller(
  { emit, relay }: Wishes & { readonly emit: (happening: Happening) => void },
  facts: () => PairFacts,
  peer: { readonly greeting: Partial<Wishes> | undefined },
) {
  let said: string | undefined;
  return (relayInMs?: number): void => {
    const known = facts();
    const noRelay = relay === 'never' ? 'me' : peer.greeting?.relay === 'never' ? 'peer' : undefined;
    const nats = {
      own: natKindOf(known.own),
      peer: natKindOf(known.peer),
      direct: directReach(known),
      ...(noRelay !== undefined && ({ noRelay } as const)),
    };
    const news = JSON.stringify(nats);
    if (news === said && relayInMs === undefined) {
      return;
    }
    said = news;
    const { verdict, why } = nats.direct;
    emit({ event: 'nats', ...nats, direct: verdict, why, ...(relayInMs === undefined ? {} : { relayInMs }) });
  };
}
