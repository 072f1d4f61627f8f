/** What a watched lab tells as lines of text. They are safe for a terminal. */
import { safeText } from '../../../text/safe-text.ts';
import type { WatchedLab, WatchEvent } from '../watch-events.ts';
import type { Fold } from './fold-sprays.ts';
import { fateText, flagsText, secondsText } from './words.ts';

/** Times count from `start`. */
export function watchLine(event: WatchEvent | Fold, start: number): string {
  const time = (Math.max(0, event.at - start) / 1000).toFixed(3).padStart(9);
  return safeText(`${time}  ${wordsOf(event)}`);
}

function wordsOf(event: WatchEvent | Fold): string {
  switch (event.event) {
    case 'watch': {
      return `watching ${event.lab}: ${placesText(event)}`;
    }
    case 'fold': {
      return `... ${event.label}`;
    }
    case 'packet': {
      const { fate, from, sightings, to } = event;
      const [first] = sightings;
      const last = sightings.at(-1) ?? first;
      const seen = first?.source === last?.source ? '' : `, seen as ${last?.source}`;
      const inside = first?.target === last?.target ? '' : `, for ${last?.target}`;
      const reason = fate.kind === 'delivered' || fate.kind === 'lost' ? undefined : fate.reason;
      return `${from} -> ${to ?? '?'}  ${flagsText(event)}  ${first?.source} -> ${first?.target}${seen}${inside}; ${fateText(fate)}${reason === undefined ? '' : `: ${reason}`}`;
    }
    case 'row': {
      const { change, inside, outside, place, remote, secondsLeft, state } = event;
      const kind = state === null ? 'mapping' : 'connection';
      const seen = inside === outside ? '' : ` as ${outside}`;
      const left = secondsLeft === null ? '' : `, ${secondsText(secondsLeft)} left`;
      return `${place}  ${kind} ${change}: ${inside}${seen} -> ${remote ?? 'anybody'}${state === null ? '' : `  ${state}`}${left}`;
    }
    default: {
      return event satisfies never;
    }
  }
}

function placesText({ places }: WatchedLab): string {
  return places
    .map(({ addresses, name }) => {
      const where = addresses.length === 0 ? '' : ` ${addresses.join(' ')}`;
      return `${name}${where}`;
    })
    .join('; ');
}
