/** The ladder of what was seen in an exercise, for the notes of teachers. */
import { ladderSvg } from '../../ladder/ladder-svg.ts';
import type { TextMeasure } from '../../ladder/ladder.ts';
import { WatchHistory } from '../../lab/watch/drawing/history.ts';
import type { Exercise } from '../exercise.ts';
import { hostsOf } from './blank-ladder.ts';
import type { WatchEvent } from '../../lab/watch/watch-events.ts';

/** So many steps fit on a sheet. */
const MAX_STEPS = 48;

/** The picture, as SVG; undefined if nothing was seen. It has what decides: SYNs, RSTs, ICMP, and what did not arrive. */
export function seenLadder(
  exercise: Exercise,
  events: readonly WatchEvent[],
  measure: TextMeasure,
): string | undefined {
  const hosts = hostsOf(exercise);
  const places = new Set([...hosts.map(({ host }) => host), ...hosts.map(({ router }) => router)]);
  const history = new WatchHistory();
  for (const event of events.filter((one) => decides(one, places))) {
    history.add(event);
  }
  const steps = history.count(true);
  if (steps === 0) {
    return undefined;
  }
  const { ladder, title } = history.view({ isFolded: true, step: Math.min(steps, MAX_STEPS) });
  const cut = steps > MAX_STEPS ? `; the first ${MAX_STEPS} of ${steps} steps` : '';
  return ladderSvg(ladder, `${title}${cut}`, measure);
}

/** The places are those of the exercise's panes. With all of a large lab, nobody could read the picture. */
function decides(event: WatchEvent, places: ReadonlySet<string>): boolean {
  switch (event.event) {
    case 'watch':
      return true;
    case 'row':
      return false;
    case 'packet':
      return (
        (event.protocol === 'icmp' || /[SR]/.test(event.flags) || event.fate.kind !== 'delivered') &&
        [event.from, event.to].every((place) => place === null || place === 'rendezvous' || places.has(place))
      );
  }
}
