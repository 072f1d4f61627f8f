/**
 * The packets of a watched lab as one pcapng file, with an interface for each place
 * and side. The captures are not equally fast, so packets wait until none that is
 * earlier can come.
 */
import { KEPT_BYTES } from './kept-bytes.ts';
import type { LabMap } from './lab-map.ts';
import { pcapngHeader, pcapngPacket } from './wire/pcapng-writer.ts';
import type { CapturedPacket } from './wire/capture-reader.ts';
import type { Sighting } from './watch-events.ts';

/** A packet as a device of a router has seen it. */
export interface RawSighting extends CapturedPacket, Pick<Sighting, 'place' | 'side' | 'way'> {}

const sides = ['inside', 'outside', 'loop'] as const;

/** Longer than a capture lags behind. */
const WAIT_MS = 1000;

export class PacketFile {
  readonly #write: (chunk: Uint8Array) => void;
  readonly #interfaces: ReadonlyMap<string, number>;
  #waiting: RawSighting[] = [];

  constructor(map: Pick<LabMap, 'routers'>, write: (chunk: Uint8Array) => void) {
    const names = map.routers.flatMap((place) => sides.map((side) => `${place} ${side}`));
    this.#interfaces = new Map(names.map((name, index) => [name, index]));
    this.#write = write;
    write(pcapngHeader(names, KEPT_BYTES));
  }

  add(raw: RawSighting): void {
    this.#waiting.push(raw);
  }

  /** Writes what has waited long enough: with Infinity all of it. */
  look(now: number): void {
    const due = this.#waiting.filter(({ at }) => at <= now - WAIT_MS).toSorted((a, b) => a.at - b.at);
    this.#waiting = this.#waiting.filter(({ at }) => at > now - WAIT_MS);
    for (const { at, bytes, place, side, way, whole } of due) {
      const number = this.#interfaces.get(`${place} ${side}`);
      if (number !== undefined) {
        this.#write(pcapngPacket({ interface: number, at, way, bytes, whole }));
      }
    }
  }
}
