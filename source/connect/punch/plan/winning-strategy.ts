import type { AttemptEvent, CandidateKind, Endpoint, Path, Strategy } from '../../../events.ts';
import { isOfRounds } from '../../../nat/candidate-kind.ts';

interface Winner {
  readonly path: Path;
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

interface Known {
  /** All attempts so far, in their order. */
  readonly attempts: readonly AttemptEvent[];
  /** Where the outside sees the peer, if that is known. */
  readonly mapped: Endpoint | undefined;
  /** Where we listen for what comes by the port that our router maps. */
  readonly forwardedPort: number | undefined;
}

/** What found the way of the channel that was won; undefined for a relay. */
export function winningStrategy(
  { path, local, remote }: Winner,
  { attempts, mapped, forwardedPort }: Known,
): Strategy | undefined {
  if (path === 'relay') {
    return undefined;
  }
  function isAt(wanted: CandidateKind) {
    return attempts.some(
      ({ kind, address, port }) => kind === wanted && address === remote.address && port === remote.port,
    );
  }
  if (isAt('forwarded') || local.port === forwardedPort) {
    return 'forwarded';
  }
  if (isAt('host') || remote.address !== mapped?.address) {
    return 'host';
  }
  const punches = attempts.filter(({ kind }) => isOfRounds(kind));
  // If the peer has dialled, it has done so in the round that we play.
  const dialled = punches.findLast(({ outcome }) => outcome === 'connected') ?? punches.at(-1);
  return dialled?.strategy;
}
