/**
 * The views that the first frame does not show. They are loaded after it, and
 * stored in the screen's state. No other file imports this one.
 */
export { runCommandEffect } from '../commands/command-effects.ts';
export { connectingLines } from '../connecting/connecting-lines.ts';
export { endingLines } from '../ending/ending-lines.ts';
export { enterHint, stepEnded, withNextChat } from '../ending/next-chat.ts';
export { findMessage } from '../conversation/find-message.ts';
export { fileLines } from '../conversation/file-lines.ts';
export { messageLines } from '../conversation/message-lines.ts';
export { overlayTop, overlayView, stepOverlay } from '../pane/overlay.ts';
export { fileNews } from '../transfers/file-wording.ts';
export { transferLines } from '../transfers/transfer-lines.ts';
