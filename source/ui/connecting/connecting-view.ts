/** Everything besides the chat that the views before a connection are drawn from. */
import { type Piece, styled } from '../text/line.ts';
import { durationText } from '../text/wording.ts';

export interface ConnectingView {
  readonly columns: number;
  readonly rows: number;
  /** ms since the epoch. */
  readonly now: number;
  /** Nothing moves by itself then: no arrow, no running time. */
  readonly reducedMotion: boolean;
}

/** How often all that moves makes a step. The screen ticks as often then. */
const STEP_MS = 125;

export function stepOf({ now, reducedMotion }: ConnectingView): number {
  return reducedMotion ? 0 : Math.floor(Math.max(0, now) / STEP_MS);
}

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** A mark that turns while something is under way. */
export function turningMark(view: ConnectingView): Piece {
  return styled('accent', view.reducedMotion ? '●' : (frames[stepOf(view) % frames.length] ?? ''));
}

/** How long something has lasted; undefined if nothing may move by itself. */
export function lastedMs({ now, reducedMotion }: ConnectingView, since: number): number | undefined {
  return reducedMotion ? undefined : Math.max(0, now - since);
}

/** `0.3 s`, in tenths of a second from the start, for a time that runs. */
export function runningText(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : durationText(ms);
}
