/**
 * The text of the conversation alone on the terminal, without reports of the
 * mouse, so that the terminal's own selection copies it cleanly. It has the
 * terminal while the screen is not drawn.
 */
import { performance } from 'node:perf_hooks';
import type { Action } from '../settings/actions.ts';
import { actionOf, type KeyMap, keysOf, keyText } from '../settings/key-map.ts';
import { setRawMode } from '../terminal/raw-terminal.ts';
import { StrokeDecoder } from '../terminal/stroke-decoder.ts';
import { sizeOf } from '../terminal/window-size.ts';
import { truncateText } from '../text/text-layout.ts';
import { type BareRow, bareRows, bareSequence } from './bare-rows.ts';

/** The alternate screen (DECSET 1049), rows that go on in the next one (7), no cursor (25). */
const open = '\u001B[?1049h\u001B[?7h\u001B[?25l';
const leave = '\u001B[?25h\u001B[?1049l';
const home = '\u001B[H\u001B[J';

export interface BareView {
  /** Resolves when the user has returned, or after `close`. */
  readonly closed: Promise<void>;
  /** Draws everything again, at the terminal's size. */
  readonly redraw: () => void;
  readonly close: () => void;
}

export interface BareViewOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Safe for a terminal, with a newline at the end of each line but the last. */
  readonly text: string;
  readonly keys: KeyMap;
}

/** Shows the end of the text until a key returns. */
export function openBareView({ stdin, stdout, text, keys }: BareViewOptions): BareView {
  const closed = Promise.withResolvers<void>();
  const decoder = new StrokeDecoder({ maxPaste: 0 });
  let rows: readonly BareRow[] = [];
  /** How many rows are below those in view. */
  let below = 0;
  let timer: NodeJS.Timeout | undefined;

  function draw(): void {
    const size = sizeOf(stdout);
    rows = bareRows(text, size.columns);
    const room = Math.max(1, size.rows - 1);
    below = Math.max(0, Math.min(below, rows.length - room));
    const end = rows.length - below;
    const shown = rows.slice(Math.max(0, end - room), end);
    const hint = truncateText(hintText(keys, rows.length > room), size.columns);
    stdout.write(`${home}${bareSequence(shown)}\u001B[${size.rows};1H\u001B[2m${hint}\u001B[0m`);
  }
  function act(action: Action | undefined): void {
    const page = Math.max(1, sizeOf(stdout).rows - 2);
    const delta = { up: 1, down: -1, 'page-up': page, 'page-down': -page }[action as string];
    if (delta !== undefined) {
      below += delta;
      draw();
    } else if (['bare-view', 'to-end', 'cancel', 'interrupt'].includes(action ?? '')) {
      closed.resolve();
    }
  }
  function take(strokes: ReturnType<StrokeDecoder['flush']>): void {
    for (const stroke of strokes) {
      act('key' in stroke ? actionOf(keys, stroke.key) : undefined);
    }
    clearTimeout(timer);
    const { flushAfterMs } = decoder;
    timer = flushAfterMs === undefined ? undefined : setTimeout(() => take(decoder.flush()), flushAfterMs);
  }
  function onData(chunk: Buffer | string): void {
    take(decoder.push(chunk, performance.now()));
  }

  setRawMode(stdin, true);
  stdin.on('data', onData);
  stdin.ref();
  stdin.resume();
  stdout.write(open);
  draw();
  return {
    closed: closed.promise.then(() => {
      clearTimeout(timer);
      stdin.off('data', onData);
      stdin.pause();
      setRawMode(stdin, false);
      stdout.write(leave);
    }),
    redraw: draw,
    close: closed.resolve,
  };
}

/** The keys that return, and those that scroll if there is more than fits. */
function hintText(keys: KeyMap, isLong: boolean): string {
  const [bare, end, up, down] = (['bare-view', 'to-end', 'page-up', 'page-down'] as const).map(
    (action) => keysOf(keys, action).map(keyText)[0],
  );
  const returns = [end, bare].filter(Boolean).join(' or ');
  return [`${returns} returns`, ...(isLong ? [`${up} ${down} scroll`] : [])].join(' · ');
}
