/**
 * The whole screen as one pure reducer: its panes, the pane that has the
 * keyboard, the meaning of keys, and when the screen closes. Effects are
 * returned as values.
 */
import { PunchlineError } from '../../errors.ts';
import type { PunchlineEvent } from '../../events.ts';
import { afterTyping, type ChatState, isPunching } from '../conversation/chat-state.ts';
import { waitText } from '../connecting/connecting-state.ts';
import { isUnderWay } from '../transfers/transfers.ts';
import {
  paneAfterEvent,
  withRefused,
  withCompletion,
  withEdited,
  withRoundTrip,
} from '../pane/pane-state.ts';
import { isOver, type ScreenInput, type ScreenState, type ScreenStep, withPane } from './screen-state.ts';
import { stepStroke, withoutNotice } from './step-stroke.ts';
import { failureText } from '../text/wording.ts';

/** The state after `input`. Pure. */
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
      const panes = state.panes.map((pane) => ({ ...pane, lazyViews: input.lazyViews }));
      return { state: { ...state, panes } };
    }
    case 'tick': {
      return { state: afterTick(state, input.at) };
    }
    case 'round-trip': {
      return { state: withPane(state, input.pane, (pane) => withRoundTrip(pane, input.ms)) };
    }
    case 'refused': {
      return { state: withPane(state, input.pane, (pane) => withRefused(pane, input.text, input.reason)) };
    }
    case 'begun': {
      const next = withPane(
        state,
        input.pane,
        (pane) => pane.lazyViews?.withNextChat(pane, input.start, input.at) ?? pane,
      );
      return { state: { ...next, isLeaving: false, warnedOf: '', asked: undefined } };
    }
    case 'calm': {
      return { state: state.asked === 'leave' ? withoutNotice(state) : state };
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

/** The state at time `at`. The same state if nothing on the screen depends on the time. */
function afterTick(state: ScreenState, at: number): ScreenState {
  const panes = state.panes.map((pane) => {
    const chat = afterTyping(pane.chat, at);
    return chat === pane.chat ? pane : { ...pane, chat };
  });
  const isSame = panes.every((pane, index) => pane === state.panes[index]);
  const isOld = panes.some(({ chat }) => showsDuration(chat) || hasWaitedLonger(chat, state.now, at));
  return isOld || !isSame ? { ...state, panes: isSame ? state.panes : panes, now: at } : state;
}

/** Whether a duration is shown: of the way to a connection, of a lost one, or of a file. */
function showsDuration(chat: ChatState): boolean {
  const { lost, files } = chat;
  return isPunching(chat) || lost !== undefined || files.transfers.some(isUnderWay);
}

/** Whether the time of waiting that is shown has changed. */
function hasWaitedLonger({ connecting, connection }: ChatState, before: number, at: number): boolean {
  return connection === undefined && waitText(connecting, at) !== waitText(connecting, before);
}

/** The state after a chat's event. When one of two chats ends, the other is ended as well. */
function afterEvent(state: ScreenState, index: number, event: PunchlineEvent): ScreenStep {
  const changed = withPane(state, index, (pane) => paneAfterEvent(pane, event, state.isFocused));
  const { now } = state;
  // What has just begun has lasted for no time yet. The last tick may be long ago.
  const isTimed = changed.panes.some(({ chat }) => isPunching(chat) || hasWaitedLonger(chat, now, event.at));
  const next = isTimed ? { ...changed, now: Math.max(now, event.at) } : changed;
  if (event.event !== 'ended') {
    return { state: next };
  }
  if (!isOver(next)) {
    const leaving = { ...next, isLeaving: true };
    return state.isLeaving ? { state: leaving } : { state: leaving, effect: { kind: 'leave' } };
  }
  // A chat that ended by itself stays on the screen until the user closes it. A bug is told with its stack, for which
  // the screen has no room.
  const stays =
    !next.isLeaving &&
    next.panes.every(
      ({ chat: { ended } }) =>
        ended?.reason === 'peer-left' || (ended?.reason === 'failed' && ended.exit > 1),
    );
  return stays ? { state: next } : { state: next, effect: { kind: 'close' } };
}

/** Turns what `send` of a chat has thrown into an input: a refused message is not a bug. */
export function refusalOf(error: unknown, pane: number, text: string): ScreenInput {
  if (error instanceof PunchlineError) {
    return { kind: 'refused', pane, text, reason: failureText(error) };
  }
  throw error;
}
