import type { FrameLink } from '../connect/session/frame-link.ts';

/**
 * Whether the peer has spoken on a link, or the link is gone. Until it has, it
 * may not have read our nomination. What it said waits for another listener.
 */
export function firstWord(link: FrameLink): Promise<boolean> {
  return new Promise((resolve) => {
    link.listen({
      onFrames: (frames) => {
        link.pause(frames);
        resolve(true);
      },
      onDrain: () => undefined,
      onGone: () => resolve(false),
    });
  });
}
