import type { CandidateKind } from '../events.ts';

/** Whether such an endpoint is dialled in rounds, at a moment that both sides agree on. Others are dialled once, when they are known. */
export function isOfRounds(kind: CandidateKind): boolean {
  return kind !== 'host' && kind !== 'forwarded';
}
