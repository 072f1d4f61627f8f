/** The key that leaves, and its effect at the moment, for the status line. */
import type { PaneState } from '../pane/pane-state.ts';
import { keysOf, keyText } from '../settings/key-map.ts';
import { isOver, type ScreenState } from './screen-state.ts';

/** `Ctrl-C twice leaves`. Empty if no key does it. */
export function leaveHint(state: ScreenState): string {
  const { keys, panes, active, isLeaving, asked } = state;
  const [key] = keysOf(keys, 'interrupt').map(keyText);
  const { text = '', search } = panes[active]?.composer ?? {};
  if (key === undefined) {
    return '';
  }
  if (search !== undefined) {
    return `${key} ends the search`;
  }
  if (text !== '') {
    return `${key} clears the draft`;
  }
  if (isOver(state)) {
    const [closing = key] = keysOf(keys, 'delete-or-leave').map(keyText);
    return `${closing} closes`;
  }
  if (isLeaving) {
    return `${key} leaves at once`;
  }
  return asked === 'leave' || leavesAtOnce(state) ? `${key} leaves` : `${key} twice leaves`;
}

/** Whether nothing would be lost, so that the key need not be pressed twice. */
export function leavesAtOnce(state: ScreenState): boolean {
  return isOver(state) || !state.panes.some(isOfUse);
}

/** Whether something would be lost with this chat: a conversation, messages that wait, or an invite that was passed on. */
function isOfUse({ chat, first }: PaneState): boolean {
  return chat.connection !== undefined || chat.sent > 0 || chat.invite !== undefined || first > 0;
}
