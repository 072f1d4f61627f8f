import type { NatKind, NatsEvent } from '../../events.ts';

/** What a NAT does with our ports, in a few plain words. */
export const natKindWords: Record<NatKind, string> = {
  none: 'no NAT',
  'endpoint-independent': 'keeps its port',
  'address-dependent': 'new port for each address',
  counting: 'counts its ports',
  random: 'new port each time',
  unknown: 'not known yet',
};

/** Whether another connection of ours gets another port, so that the peer cannot know it from the rendezvous. */
export function changesPorts(kind: NatKind | undefined): boolean {
  return kind === 'counting' || kind === 'random';
}

/** The reason of a verdict, for a sentence that has not named the peer yet. */
export function reasonText({ why }: Pick<NatsEvent, 'why'>): string {
  return why.replace(/^its\b/, "the peer's").replace(/^it\b/, 'the peer');
}
