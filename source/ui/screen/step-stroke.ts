/** The screen after one stroke: the meaning of keys, on the screen and in the draft. */
import type { Action } from '../settings/actions.ts';
import { actionOf, isPrefix, keysOf, keyText } from '../settings/key-map.ts';
import type { ComposerInput } from '../composer/composer-state.ts';
import { type PanePlace, placePanes } from '../pane/pane-layout.ts';
import { clearPane, type Overlay, type PaneState, withRefused, withCompletion } from '../pane/pane-state.ts';
import { findInPane, scrollPage, scrollPane } from '../pane/scroll-pane.ts';
import { unfriendText } from '../friend/friend-text.ts';
import { leavesAtOnce } from './leave-hint.ts';
import { isOver, type ScreenState, type ScreenStep, withPane } from './screen-state.ts';
import { commands, completeCommand, isCommand, parseLine, typedPath } from '../commands/slash-commands.ts';
import { askToLeave } from '../transfers/leave-twice.ts';
import { isUnderWay } from '../transfers/transfers.ts';
import { countText, notUtf8 } from '../text/wording.ts';
import { type ComposerEffect, stepComposer } from '../composer/step-composer.ts';
import type { Stroke } from '../terminal/stroke.ts';

/** The state after `stroke`, and the effect that it asks for. Pure. */
export function stepStroke(state: ScreenState, stroke: Stroke): ScreenStep {
  const reported = afterReport(state, stroke);
  if (reported !== undefined) {
    return { state: reported };
  }
  if ('problem' in stroke) {
    return { state: withNotice(state, notUtf8) };
  }
  if (!('key' in stroke)) {
    return 'reply' in stroke
      ? { state }
      : (stepOverlay(state, stroke, undefined) ?? insertText(withoutNotice(state, notUtf8), stroke));
  }
  const key = state.prefix === '' ? stroke.key : `${state.prefix} ${stroke.key}`;
  if (state.prefix === '' && isPrefix(state.keys, key)) {
    return { state: { ...state, prefix: key } };
  }
  const action = actionOf(state.keys, key);
  const next = withoutNotice(state);
  return (
    stepOverlay(next, { key }, action) ??
    (action === undefined ? { state: next } : runAction(next, action, state.asked))
  );
}

/** The state after a stroke that is for the overlay of the active pane. Undefined if there is none, or for other strokes. */
function stepOverlay(state: ScreenState, stroke: Stroke, action: Action | undefined): ScreenStep | undefined {
  const pane = state.panes[state.active];
  const step = pane?.overlay && pane.lazyViews?.stepOverlay(pane, stroke, action);
  if (step === undefined) {
    return undefined;
  }
  return {
    state:
      typeof step === 'number'
        ? scrollActive(state, (one, place) => scrollPane(one, place, step))
        : withPane(state, state.active, () => step),
  };
}

/**
 * The strokes that the user has pressed: Alt and a character without an action
 * are Esc and the character, which a slow line has put together.
 */
export function pressedStrokes({ keys, prefix }: ScreenState, stroke: Stroke): readonly Stroke[] {
  if (!('key' in stroke) || stroke.instead === undefined) {
    return [stroke];
  }
  const key = prefix === '' ? stroke.key : `${prefix} ${stroke.key}`;
  return actionOf(keys, key) !== undefined || isPrefix(keys, key) ? [stroke] : stroke.instead;
}

/** The rows that one notch of the wheel scrolls, as in terminals themselves. */
const WHEEL_ROWS = 3;

/**
 * The state after a turn of the wheel, a change of the focus, or an answer of
 * the terminal. These are not keys: they do not remove a notice or close the
 * screen. Undefined for all other strokes.
 */
function afterReport(state: ScreenState, stroke: Stroke): ScreenState | undefined {
  switch ('key' in stroke ? stroke.key : '') {
    case 'wheel-up': {
      return scrollActive(state, (pane, place) => scrollPane(pane, place, -WHEEL_ROWS));
    }
    case 'wheel-down': {
      return scrollActive(state, (pane, place) => scrollPane(pane, place, WHEEL_ROWS));
    }
    case 'focus-in': {
      return { ...state, isFocused: true };
    }
    case 'focus-out': {
      return { ...state, isFocused: false };
    }
    default: {
      return 'reply' in stroke ? state : undefined;
    }
  }
}

/** Removes the notice, which stays until the next key; but not `kept`, which comes in the middle of a word. */
export function withoutNotice(state: ScreenState, kept?: string): ScreenState {
  const next = { ...state, prefix: '', asked: undefined };
  return withPane(next, state.active, (pane) =>
    pane.notice === kept ? pane : { ...pane, notice: undefined },
  );
}

/** `asked`: what the key before it has asked. */
function runAction(state: ScreenState, action: Action, asked: ScreenState['asked']): ScreenStep {
  const { active } = state;
  const pane = state.panes[active];
  if (pane === undefined) {
    return { state };
  }
  switch (action) {
    case 'page-up':
    case 'page-down': {
      const direction = action === 'page-up' ? -1 : 1;
      return { state: scrollActive(state, (one, place) => scrollPage(one, place, direction)) };
    }
    case 'find-older':
    case 'find-newer': {
      return { state: find(state, undefined, action === 'find-older' ? 'older' : 'newer') };
    }
    case 'next-pane': {
      return { state: nextPane(state) };
    }
    case 'help': {
      return { state: withOverlay(state, 'help') };
    }
    case 'bare-view': {
      const { chat, position, keys } = pane;
      return { state, effect: { kind: action, chat, until: position?.key, keys } };
    }
    case 'redraw':
    case 'suspend': {
      return { state, effect: { kind: action } };
    }
    case 'editor': {
      return { state, effect: { kind: 'edit', pane: active, text: pane.composer.text } };
    }
    case 'complete': {
      return pane.composer.text === '' ? { state: nextPane(state) } : complete(state, pane);
    }
    case 'to-end': {
      const atEnd = withPane(state, active, (one) => ({
        ...one,
        position: undefined,
        overlay: undefined,
        found: undefined,
      }));
      return stepDraft(atEnd, { action });
    }
    case 'interrupt': {
      return pane.composer.text === '' && pane.composer.search === undefined
        ? interrupt(state, asked)
        : stepDraft(state, { action });
    }
    case 'send': {
      const isNext = isOver(state) && (pane.composer.text === '' || asked === 'next');
      return (isNext ? afterEnd(state, '', true) : undefined) ?? stepDraft(state, { action }, asked);
    }
    default: {
      return stepDraft(state, { action });
    }
  }
}

/** Enter after the end of the chats. Undefined if it does the same as before. */
function afterEnd(state: ScreenState, text: string, hasAsked: boolean): ScreenStep | undefined {
  const { active } = state;
  const current = state.panes[active];
  const step = current?.lazyViews?.stepEnded(current, text, hasAsked);
  if (step === undefined) {
    return undefined;
  }
  const { pane, next, asks } = step;
  const after = { ...withPane(state, active, () => pane), asked: asks && ('next' as const) };
  return next === undefined
    ? { state: after }
    : { state: after, effect: { kind: 'begin', pane: active, next, text } };
}

/** Ctrl-C without a draft. It is asked for twice where something would be lost. */
function interrupt(state: ScreenState, asked: ScreenState['asked']): ScreenStep {
  if (isOver(state)) {
    return { state, effect: { kind: 'close' } };
  }
  if (asked === 'leave' || state.isLeaving || leavesAtOnce(state)) {
    return { state: { ...state, isLeaving: true }, effect: { kind: 'interrupt' } };
  }
  const key = keysOf(state.keys, 'interrupt').slice(0, 1).map(keyText).join('');
  const count = state.panes.flatMap(({ chat }) => chat.files.transfers.filter(isUnderWay)).length;
  const files = count === 0 ? '' : ` and cancels ${countText(count, 'file')}`;
  return {
    state: withNotice({ ...state, asked: 'leave' }, `${key} again leaves${files}.`),
    effect: { kind: 'calm' },
  };
}

function nextPane(state: ScreenState): ScreenState {
  return { ...state, active: (state.active + 1) % state.panes.length };
}

function withOverlay(state: ScreenState, kind: Overlay['kind']): ScreenState {
  return withPane(state, state.active, (pane) => ({
    ...pane,
    overlay: { kind, top: 0, seen: pane.chat.transcript.entries.at(-1)?.key ?? -1 },
  }));
}

/** Completes a command at once. A path is looked up on the disk, and its completion comes as an input later. */
function complete(state: ScreenState, { composer }: PaneState): ScreenStep {
  const { active } = state;
  const text = composer.text.slice(0, composer.cursor);
  const completion = completeCommand(text);
  if (completion !== undefined) {
    return { state: withPane(state, active, (pane) => withCompletion(pane, text, completion)) };
  }
  const path = typedPath(text);
  return path === undefined ? { state } : { state, effect: { kind: 'complete', pane: active, path } };
}

/**
 * Inserts text into the draft. If fast typing was taken for a paste, its Enter
 * has sent nothing, and a notice says so.
 */
function insertText(state: ScreenState, stroke: Extract<Stroke, ComposerInput>): ScreenStep {
  const step = stepDraft(state, stroke);
  const isRefused = step.state.panes[state.active]?.composer.burst?.isRefused === true;
  if (!('isGuess' in stroke) || isRefused) {
    return step;
  }
  return { ...step, state: withNotice(step.state, 'Pasted? Enter sends it as one message.') };
}

function stepDraft(state: ScreenState, input: ComposerInput, asked?: ScreenState['asked']): ScreenStep {
  const { active } = state;
  const pane = state.panes[active];
  if (pane === undefined) {
    return { state };
  }
  const { state: composer, effect } = stepComposer(pane.composer, input);
  const next = withPane(state, active, (one) => ({ ...one, composer, overlay: undefined }));
  if (effect !== undefined) {
    return afterComposer(next, effect, asked);
  }
  const isWriting = composer.text !== pane.composer.text && composer.text !== '' && !isCommand(composer.text);
  return isWriting ? { state: next, effect: { kind: 'typing', pane: active } } : { state: next };
}

function afterComposer(state: ScreenState, effect: ComposerEffect, asked: ScreenState['asked']): ScreenStep {
  switch (effect.kind) {
    case 'submit': {
      return runLine(state, effect.text, asked);
    }
    case 'full': {
      return { state: withNotice(state, fullText(effect.characters)) };
    }
    case 'ask': {
      const { lines, characters } = effect;
      const what = `${lines} ${lines === 1 ? 'line' : 'lines'} of ${characters} characters`;
      return {
        state: withNotice(state, `Send ${what} as one message? Enter again sends; any other key cancels.`),
      };
    }
    case 'leave': {
      return leave(state);
    }
    case 'interrupt': {
      return interrupt(state, undefined);
    }
    default: {
      return effect satisfies never;
    }
  }
}

function fullText(characters: number): string {
  const much = characters === 1 ? '1 character is' : `${characters.toLocaleString('en')} characters are`;
  return `${much} too many: a message has at most 64 KiB. Nothing was inserted. /send offers a file.`;
}

function withNotice(state: ScreenState, notice: string): ScreenState {
  return withPane(state, state.active, (pane) => ({ ...pane, notice }));
}

function runLine(state: ScreenState, text: string, asked: ScreenState['asked']): ScreenStep {
  const { active } = state;
  const line = parseLine(text);
  const ended = isOver(state) ? afterEnd(state, text, false) : undefined;
  if (ended !== undefined) {
    return ended;
  }
  switch (line.kind) {
    case 'message': {
      const following = withPane(state, active, (pane) => ({ ...pane, position: undefined }));
      return { state: following, effect: { kind: 'send', pane: active, text: line.text } };
    }
    case 'quit': {
      return leave(state);
    }
    case 'send':
    case 'accept':
    case 'decline':
    case 'cancel': {
      const { chat, downloads } = state.panes[active] ?? {};
      const transfers = chat?.files.transfers ?? [];
      return { state, effect: { kind: 'files', pane: active, command: line, text, transfers, downloads } };
    }
    case 'files':
    case 'help':
    case 'qr': {
      return { state: withOverlay(state, line.kind) };
    }
    case 'path': {
      const chat = state.panes[active]?.chat;
      return line.svg === undefined || chat === undefined
        ? { state: withOverlay(state, line.kind) }
        : { state, effect: { kind: 'save-path', pane: active, file: line.svg, text, chat } };
    }
    case 'find': {
      return { state: find(state, line.query, 'older') };
    }
    case 'copy': {
      const chat = state.panes[active]?.chat;
      return chat === undefined
        ? { state }
        : { state, effect: { kind: 'copy', pane: active, count: line.count, text, chat } };
    }
    case 'theme': {
      const { theme } = line;
      const notice = `Theme ${theme}. To keep it: "theme": "${theme}" in the config file.`;
      return { state: withNotice({ ...state, theme }, notice) };
    }
    case 'clear': {
      return { state: withPane(state, active, clearPane) };
    }
    case 'again': {
      const notice = 'The chat has not ended. /quit ends it.';
      return { state: withPane(state, active, (pane) => withRefused(pane, text, notice)) };
    }
    case 'unfriend': {
      const friend = state.panes[active]?.chat.friend;
      if (friend === undefined || asked === line.kind) {
        return { state, effect: { kind: 'command', pane: active, command: line } };
      }
      const warned = withPane(state, active, (pane) => withRefused(pane, text, unfriendText(friend)));
      return { state: { ...warned, asked: line.kind } };
    }
    case 'verify':
    case 'name':
    case 'heartbeat':
    case 'friend':
    case 'forget':
    case 'log': {
      return { state, effect: { kind: 'command', pane: active, command: line } };
    }
    case 'wrong': {
      return { state: withPane(state, active, (pane) => withRefused(pane, text, line.notice)) };
    }
    default: {
      return line satisfies never;
    }
  }
}

/** Leaves, but warns first if files are under way. */
function leave(state: ScreenState): ScreenStep {
  if (isOver(state)) {
    return { state, effect: { kind: 'close' } };
  }
  const transfers = state.panes.flatMap(({ chat }) => (chat.ended === undefined ? chat.files.transfers : []));
  const { underWay, warning } = askToLeave(transfers, state.warnedOf);
  return warning === undefined
    ? { state: { ...state, isLeaving: true }, effect: { kind: 'leave' } }
    : { state: withNotice({ ...state, warnedOf: underWay }, warning) };
}

/** Finds `query` in the active pane. Without a query, repeats the last one. */
function find(state: ScreenState, query: string | undefined, direction: 'older' | 'newer'): ScreenState {
  const sought = query ?? state.panes[state.active]?.found?.query;
  return sought === undefined
    ? withNotice(state, `${commands.find.usage}: It needs a text to find.`)
    : scrollActive(state, (pane, place) => findInPane(pane, place, sought, direction));
}

/** Changes the active pane by a function that needs to know its place on the screen. */
function scrollActive(
  state: ScreenState,
  scroll: (pane: PaneState, place: PanePlace) => PaneState,
): ScreenState {
  const { columns, rows, panes, active } = state;
  const place = placePanes(columns, rows, panes.length, active).find(({ isActive }) => isActive);
  return place === undefined ? state : withPane(state, active, (pane) => scroll(pane, place));
}
