import { countText } from '../text/wording.ts';
import { isUnderWay, type Transfer } from './transfers.ts';

export interface LeaveAnswer {
  /** The ids of the files under way: `warnedOf` of the next time. */
  readonly underWay: string;
  /** The warning to show. Undefined if the user may leave now. */
  readonly warning: string | undefined;
}

/**
 * The one rule for leaving while files are under way: the first time the user
 * is warned, and the next time all is cancelled. `warnedOf` is what the user
 * was warned of the last time: another file that has begun since then needs a
 * warning of its own.
 */
export function askToLeave(transfers: readonly Transfer[], warnedOf: string): LeaveAnswer {
  const active = transfers.filter(isUnderWay);
  const underWay = active.map(({ file }) => file.id).join(' ');
  const mayLeave = underWay === '' || underWay === warnedOf;
  return { underWay, warning: mayLeave ? undefined : leavingText(active.length) };
}

function leavingText(count: number): string {
  const them = count === 1 ? 'it' : 'them';
  return `${countText(count, 'file is', 'files are')} still under way: leave again to cancel ${them}.`;
}
