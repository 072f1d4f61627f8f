import { bytesText } from '../transfers/file-wording.ts';
import { durationText } from '../text/wording.ts';

/** Over how long the rate is measured. A shorter time would show every pause of a packet. */
const WINDOW_MS = 3000;

export interface Bytes {
  readonly sent: number;
  readonly received: number;
}

/** Tells how many bytes have passed a pipe, and how fast. `now` is a time in ms. */
export class ByteCount {
  readonly #startedAt: number;
  /** The oldest first. */
  readonly #seen: { readonly at: number; readonly total: number }[];

  constructor(now: number) {
    this.#startedAt = now;
    this.#seen = [{ at: now, total: 0 }];
  }

  /** `sent 12 MB · received 0 bytes · 5.6 MB/s`. */
  text({ sent, received }: Bytes, now: number): string {
    const total = sent + received;
    this.#seen.push({ at: now, total });
    while (this.#seen.length > 2 && now - (this.#seen[1]?.at ?? now) >= WINDOW_MS) {
      this.#seen.shift();
    }
    const [oldest = { at: now, total }] = this.#seen;
    return `${amounts({ sent, received }, ' · ')} · ${rateText(total - oldest.total, now - oldest.at)}`;
  }

  /** `sent 60 MB, received 0 bytes in 12 s, 5.0 MB/s`. */
  summary({ sent, received }: Bytes, now: number): string {
    const ms = now - this.#startedAt;
    return `${amounts({ sent, received }, ', ')} in ${durationText(ms)}, ${rateText(sent + received, ms)}`;
  }
}

function amounts({ sent, received }: Bytes, between: string): string {
  return [`sent ${bytesText(sent)}`, `received ${bytesText(received)}`].join(between);
}

function rateText(bytes: number, ms: number): string {
  return `${bytesText(ms <= 0 ? 0 : Math.round((1000 * bytes) / ms))}/s`;
}
