/** What the first frame does not show. Loaded behind it, and handed to the screen's state; nothing else imports this. */
export { findMessage } from '../conversation/find.ts';
export { fileLines } from '../conversation/file-lines.ts';
export { overlayTop, overlayView } from '../pane/overlay.ts';
export { transferLines } from '../transfers/transfer-lines.ts';
