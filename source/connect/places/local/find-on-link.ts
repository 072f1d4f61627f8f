import type { Endpoint, Family } from '../../../events.ts';
import { pause } from '../../../network/waiting.ts';
import { encodeQuery, parseLinkMessage } from './link-messages.ts';
import { Link } from './link.ts';

/** RFC 6762, section 5.2: the second question comes after 1 s, and each pause is twice the one before, up to an hour. */
const FIRST_PAUSE_MS = 1000;
const GROWTH = 2;
const MAX_PAUSE_MS = 3_600_000;
/** Below this port are services that a stranger must not make us dial (RFC 6335, section 6). */
const MIN_PORT = 1024;
/** More hosts of one number are not there by chance: somebody invents them. */
const MAX_FOUND = 16;

/** A host that has answered. It is a stranger until it proves that it holds the code. */
export interface FoundHost {
  /** What it calls itself in this run: 16 hexadecimal digits. */
  readonly id: string;
  /** The address that the answer came from, and the port that it names, 1024 or above. */
  readonly endpoint: Endpoint;
}

export interface FindOptions {
  /** Of the code. */
  readonly number: number;
  readonly families: readonly Family[];
  /** Called once for each, and for 16 at most. One host may be found at several of its addresses. */
  readonly onFound: (found: FoundHost) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Asks everybody on our links who can be met for the code with this number, and goes on listening. Resolves when the
 * signal is aborted. Never rejects: without a link nobody is found.
 */
export async function findOnLink({ number, families, onFound, signal }: FindOptions): Promise<void> {
  if (signal.aborted) {
    return;
  }
  const found = new Set<string>();
  const link = new Link({
    families,
    greeting: encodeQuery,
    onDatagram: (datagram, { address }) => {
      const message = parseLinkMessage(datagram);
      if (message?.t !== 'answer' || signal.aborted) {
        return;
      }
      for (const { id, number: announced, port } of message.announcements) {
        const key = `${id} ${address} ${port}`;
        if (announced === number && port >= MIN_PORT && !found.has(key) && found.size < MAX_FOUND) {
          found.add(key);
          onFound({ id, endpoint: { address, port } });
        }
      }
    },
  });
  for (let ms = FIRST_PAUSE_MS; !signal.aborted; ms = Math.min(ms * GROWTH, MAX_PAUSE_MS)) {
    await pause(ms, signal);
    if (!signal.aborted) {
      await link.send(encodeQuery());
    }
  }
  link.close();
}
