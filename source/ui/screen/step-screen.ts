/**
 * The whole screen as one pure reduction: its panes, which of them has the
 * keyboard, what the keys do, and when the screen closes. Effects tell the shell
 * what to ask of the chats.
 */
import { PunchlineError } from '../../errors.ts';
import type { PunchlineEvent } from '../../events.ts';
import { afterTyping } from '../conversation/chat-state.ts';
import { isUnderWay } from '../transfers/transfers.ts';
import { paneAfterEvent, refuse, withCompletion, withEdited, withRoundTrip } from '../pane/pane-state.ts';
import { isOver, type ScreenInput, type ScreenState, type ScreenStep, withPane } from './screen-state.ts';
import { stepStroke } from './step-stroke.ts';
import { failureText } from '../text/wording.ts';

export function stepScreen(state: ScreenState, input: ScreenInput): ScreenStep {
  switch (input.kind) {
    case 'event': {
      return afterEvent(state, input.pane, input.event);
    }
    case 'stroke': {
      return stepStroke(state, input.stroke);
    }
    case 'resize': {
      return { state: { ...state, columns: input.columns, rows: input.rows } };
    }
    case 'loaded': {
      const panes = state.panes.map((pane) => ({ ...pane, later: input.later }));
      return { state: { ...state, panes } };
    }
    case 'tick': {
      return { state: afterTick(state, input.at) };
    }
    case 'round-trip': {
      return { state: withPane(state, input.pane, (pane) => withRoundTrip(pane, input.ms)) };
    }
    case 'refused': {
      return { state: withPane(state, input.pane, (pane) => refuse(pane, input.text, input.reason)) };
    }
    case 'notice': {
      return { state: withPane(state, input.pane, (pane) => ({ ...pane, notice: input.text })) };
    }
    case 'completed': {
      return {
        state: withPane(state, input.pane, (pane) => withCompletion(pane, input.text, input.completion)),
      };
    }
    case 'edited': {
      return { state: withPane(state, input.pane, (pane) => withEdited(pane, input.text)) };
    }
    default: {
      return input satisfies never;
    }
  }
}

/** The same state where nothing on the screen depends on the time. */
function afterTick(state: ScreenState, at: number): ScreenState {
  const panes = state.panes.map((pane) => {
    const chat = afterTyping(pane.chat, at);
    return chat === pane.chat ? pane : { ...pane, chat };
  });
  const isSame = panes.every((pane, index) => pane === state.panes[index]);
  return counts(state) || !isSame ? { ...state, panes: isSame ? state.panes : panes, now: at } : state;
}

/** Whether something on the screen says how long it has lasted, or will last. */
function counts({ panes }: ScreenState): boolean {
  return panes.some(({ chat: { lost, files } }) => lost !== undefined || files.transfers.some(isUnderWay));
}

/** With one of two chats the screen is half a story: when one ends, so does the other. */
function afterEvent(state: ScreenState, index: number, event: PunchlineEvent): ScreenStep {
  const next = withPane(state, index, (pane) => paneAfterEvent(pane, event, state.isFocused));
  if (event.event !== 'ended') {
    return { state: next };
  }
  if (!isOver(next)) {
    const leaving = { ...next, isLeaving: true };
    return state.isLeaving ? { state: leaving } : { state: leaving, effect: { kind: 'leave' } };
  }
  // What the screen still has to say, it says until a key is pressed; a chat that never opened says it afterwards.
  const isWorthReading =
    !next.isLeaving &&
    next.panes.every(
      ({ chat }) =>
        chat.connection !== undefined &&
        (chat.ended?.reason === 'peer-left' || chat.ended?.reason === 'failed'),
    );
  return isWorthReading ? { state: next } : { state: next, effect: { kind: 'close' } };
}

/** A chat throws where it does not take a message: that is news for the writer, not a bug. */
export function refusalOf(error: unknown, pane: number, text: string): ScreenInput {
  if (error instanceof PunchlineError) {
    return { kind: 'refused', pane, text, reason: failureText(error) };
  }
  throw error;
}
