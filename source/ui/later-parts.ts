/** What the first frame does not show. Loaded behind it, and handed to the screen's state; nothing else imports this. */
export { overlayTop, overlayView } from './overlay.ts';
