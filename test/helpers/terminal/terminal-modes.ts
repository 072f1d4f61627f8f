import type { Terminal } from './terminal.ts';

/** Every mode that a program can leave behind. */
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

/** As a terminal is before a program, and after it. */
export const untouchedModes: ReturnType<typeof modesOf> = {
  bracketedPasteMode: false,
  mouseTrackingMode: 'none',
  sendFocusMode: false,
  buffer: 'normal',
  cursor: true,
};
