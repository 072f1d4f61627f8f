import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { performance } from 'node:perf_hooks';
import { errorCode } from '../../errors.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../log.ts';
import { openFilesLimit } from './open-files.ts';

/** The process has no descriptor left, or the whole machine has none. */
const shortages: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

/**
 * Notices that the process runs out of file descriptors, and tells the operator.
 *
 * Node does not tell (22.12 and 24.21): if there is no descriptor for a
 * connection, libuv takes it with one that it keeps for that, and closes it
 * without an event. So each client is only taken if there is one descriptor
 * more. Some are held, and released in a shortage: for the clients that are
 * refused, for the page with metrics, and for dials.
 */
export class Descriptors {
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #held: number[] = [];
  readonly #timer: NodeJS.Timeout;
  /** The error of the system; undefined while there are enough. */
  #shortage: string | undefined;
  /** The clients that were refused since the log last told of them. */
  #refused = 0;
  #toldAt = -Infinity;

  constructor(limits: Limits, log: Log) {
    this.#limits = limits;
    this.#log = log;
    this.#timer = setInterval(() => this.#lookAndTell(), limits.descriptorLookMs).unref();
    this.#look();
  }

  /** Whether a client that has just come can stay. If not, close it before the next one can come. */
  admits(): boolean {
    if (this.#shortage === undefined) {
      this.#look();
    }
    if (this.#shortage === undefined) {
      return true;
    }
    this.#refused += 1;
    return false;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#release(0);
    if (this.#refused > 0) {
      this.#tell();
    }
  }

  /** Tries to hold one more than the reserve. */
  #look(): void {
    const { descriptorReserve } = this.#limits;
    try {
      while (this.#held.length <= descriptorReserve) {
        this.#held.push(openSync(devNull, 'r'));
      }
      this.#shortage = undefined;
    } catch (error) {
      const code = errorCode(error) ?? '';
      // Without a null device nothing is known, and all are admitted.
      this.#shortage = shortages.has(code) ? code : undefined;
    }
    this.#release(this.#shortage === undefined ? descriptorReserve : 0);
  }

  #release(rest: number): void {
    for (const descriptor of this.#held.splice(rest)) {
      closeSync(descriptor);
    }
  }

  #lookAndTell(): void {
    this.#look();
    const isNews = this.#shortage !== undefined || this.#refused > 0;
    if (isNews && performance.now() - this.#toldAt >= this.#limits.descriptorLogMs) {
      this.#tell();
    }
  }

  #tell(): void {
    this.#log.error({ refused: this.#refused, limit: openFilesLimit() }, advice);
    this.#refused = 0;
    this.#toldAt = performance.now();
  }
}

const advice =
  'no file descriptors are left, so that new clients are refused: raise the limit of open files ' +
  '(LimitNOFILE in the unit of systemd, or ulimit -n), or lower --max-connections';
