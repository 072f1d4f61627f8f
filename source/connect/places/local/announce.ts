import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Family } from '../../../events.ts';
import { manyListeners, pause } from '../../../network/waiting.ts';
import { announcementId, ID_BYTES } from './announcement-id.ts';
import { encodeAnnouncement, encodeGoodbye, parseLinkMessage } from './link-messages.ts';
import { Link } from './link.ts';

/** RFC 6762, section 6: an answer goes to all, so it is not repeated sooner. It also bounds what a flood of questions costs. */
const ANSWER_EVERY_MS = 1000;
/** RFC 6762, section 6: several hosts may have an answer, and shall not all speak at once. */
const MIN_DELAY_MS = 20;
const MAX_DELAY_MS = 120;
/** RFC 6762, section 8.3: the first announcement may get lost, so a second one follows. */
const REPEAT_AFTER_MS = 1000;

export interface AnnounceOptions {
  /** See newAnnouncementId(). By default a new one that only waits. */
  readonly id?: string;
  /** Of the code. */
  readonly number: number;
  /** On which we listen, in each of the families. 1024 or above, or nobody dials it. */
  readonly port: number;
  readonly families: readonly Family[];
  /**
   * Whether it is told before anybody asks; default true. Where nobody can know the number yet, that would only hold up
   * the first answer, which may follow no sooner than a second later.
   */
  readonly unasked?: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** A name for this run of the program: see announcementId(). */
export function newAnnouncementId(joins = false): string {
  return announcementId(randomBytes(ID_BYTES), joins);
}

/**
 * Tells everybody on our links that the code with this number can be met here: on each question, and unless `unasked` is
 * false also at once, and on links that come later. Resolves when the signal is aborted and the goodbye has left. Never rejects: without a link, or
 * where another program holds the port of mDNS for itself, nobody hears of us.
 */
export async function announce({
  id = newAnnouncementId(),
  number,
  port,
  families,
  unasked = true,
  signal,
}: AnnounceOptions): Promise<void> {
  if (signal.aborted) {
    return;
  }
  manyListeners(signal);
  const announcement = { id, number, port };
  const datagram = encodeAnnouncement(announcement);
  let spokenAt = unasked ? performance.now() : Number.NEGATIVE_INFINITY;
  let isDue = unasked;
  const link = new Link({
    families,
    // Whoever looks for us may know us at an address that we do not have any more.
    greeting: (isLate) => (unasked || isLate ? datagram : undefined),
    onDatagram: (received) => {
      const message = parseLinkMessage(received);
      if (message?.t === 'query' && !message.known.has(id) && !isDue) {
        const delayMs = MIN_DELAY_MS + Math.random() * (MAX_DELAY_MS - MIN_DELAY_MS);
        void speak(Math.max(delayMs, spokenAt + ANSWER_EVERY_MS - performance.now()));
      }
    },
  });
  async function speak(inMs: number) {
    isDue = true;
    await pause(inMs, signal);
    isDue = false;
    if (!signal.aborted) {
      spokenAt = performance.now();
      await link.send(datagram);
    }
  }
  if (unasked) {
    await speak(REPEAT_AFTER_MS);
  }
  await aborted(signal);
  await link.send(encodeGoodbye(announcement));
  link.close();
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
  }
}
