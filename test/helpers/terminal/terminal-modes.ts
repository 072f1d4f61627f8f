import type { Terminal } from './terminal.ts';

/** All modes that a program can leave changed. */
export function modesOf({ xterm, buffer, cursor }: Terminal) {
  const { bracketedPasteMode, mouseTrackingMode, sendFocusMode } = xterm.modes;
  return {
    bracketedPasteMode,
    mouseTrackingMode,
    sendFocusMode,
    buffer: buffer(),
    cursor: cursor().isVisible,
  };
}

/** The modes of a terminal before a program runs, and after it. */
export const untouchedModes: ReturnType<typeof modesOf> = {
  bracketedPasteMode: false,
  mouseTrackingMode: 'none',
  sendFocusMode: false,
  buffer: 'normal',
  cursor: true,
};
