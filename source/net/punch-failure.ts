import { PunchlineError } from '../errors.ts';
import type { AttemptEvent, Endpoint } from '../events.ts';

/**
 * Says what was tried, how it ended, and what that means; `impossible` where
 * it is known why nothing could have succeeded.
 */
export function punchFailure(
  { address, port }: Endpoint,
  tried: readonly AttemptEvent[],
  impossible?: string,
): PunchlineError {
  const rounds = tried.filter(({ kind }) => kind !== 'host');
  const counts = new Map<string, number>();
  for (const { outcome } of rounds) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const ended = [...counts].map(([outcome, count]) => `${count} × ${outcome}`).join(', ') || 'none ended';
  const { length } = rounds;
  return new PunchlineError(
    'ERR_PUNCH_FAILED',
    `no connection to ${address}:${port} in ${length} ${length === 1 ? 'attempt' : 'attempts'} (${ended})${impossible === undefined ? '' : `: ${impossible}`}`,
    {
      hint:
        impossible === undefined
          ? hintFor(counts)
          : `Where two such NATs also filter by port, no program can punch through them. ${otherNetwork}`,
    },
  );
}

const otherNetwork = 'Try another network on one side, for example a phone as a hotspot.';

function hintFor(counts: ReadonlyMap<string, number>): string {
  if (counts.size === 1 && counts.has('unreachable')) {
    return 'This machine has no route to that address: check its network, then try again.';
  }
  if (counts.has('connected')) {
    return 'Something answered, but did not prove that it holds the code: a firewall or proxy may stand in between.';
  }
  if (counts.has('refused')) {
    return `A NAT or firewall in between refuses: one of the two NATs gives each destination another port, or blocks TCP. ${otherNetwork}`;
  }
  return `One of the two NATs gives each destination another port, or a firewall drops what it does not know. ${otherNetwork}`;
}
