import type { Socket } from 'node:net';
import type { AttemptEvent, Endpoint, Role } from '../events.ts';
import { familyOf } from '../network/address.ts';
import { mappedRefusal } from '../connect/punch/plan/dialable.ts';
import { planRound, sideOf } from '../connect/punch/plan/punch-plan.ts';
import type { MappedCandidate } from '../connect/session/wire/round-payload.ts';
import type { SocketOrigin } from '../network/dial.ts';
import type { ObservedPort } from '../connect/rendezvous/observe-port.ts';
import { punch } from '../connect/punch/punch.ts';

export interface PunchMappedOptions {
  readonly role: Role;
  /** The rendezvous as it was reached. */
  readonly server: Endpoint;
  readonly own: ObservedPort | undefined;
  readonly peer: MappedCandidate | undefined;
  readonly onAttempt: (attempt: Omit<AttemptEvent, 'event'>) => void;
  readonly onSocket: (socket: Socket, origin: SocketOrigin) => void;
  readonly signal: AbortSignal;
}

/** Each dials the other's fresh mapped endpoint at the same moment, or what its NAT gives next. Nobody is sprayed. */
export async function punchMapped({
  role,
  server,
  own,
  peer,
  ...options
}: PunchMappedOptions): Promise<void> {
  if (own === undefined || peer === undefined || familyOf(peer.address) !== own.family) return;
  if (mappedRefusal(peer, { server, own: own.mapped }) !== undefined) return;
  const plan = planRound({
    role,
    round: 1,
    own: sideOf(own.mapped),
    peer: sideOf(peer),
    bursts: { own: 0, peer: 0 },
  });
  await punch({
    ...options,
    family: own.family,
    address: peer.address,
    attempts: 1,
    round: () => ({ plan, startInMs: 0, localPort: own.local.port }),
    onPlan: () => undefined,
  });
}
