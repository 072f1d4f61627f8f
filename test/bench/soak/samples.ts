import type { Figure } from '../figure.ts';
import type { GaugedProgram } from './gauged-program.ts';
import { rise } from './trend.ts';

const MIB = 2 ** 20;

/**
 * Allowed growth of live memory over the second half, measured after a
 * collection. Half of ten minutes sees 6,000 pairs of the crowd, 75 pairs of
 * programs, 60 cuts of one kind and 40 of the other. So 1 MiB is 87 bytes for
 * each connection of the crowd, and 17 or 26 KiB for each cut, less than a
 * leaked channel would hold. Measured: 0.1 for the server, 0.3 for clients that
 * are cut directly, 0.7 for relayed ones; most of it is code that V8 compiles
 * later (by heap snapshots).
 */
const MAX_LIVE_MIB = 1;
/** Allowed in addition for pages that the allocator has not given back. Measured: 2. */
const MAX_RESIDENT_MIB = 8;
/** A leak of one handle for each passing pair or each cut would make dozens. */
const MAX_HANDLES = 3;

/** The memory and handles of some processes over time. */
export class Samples {
  readonly #programs: Readonly<Record<string, GaugedProgram>>;
  readonly #series = new Map<string, { live: number[]; resident: number[]; handles: number[] }>();

  constructor(programs: Readonly<Record<string, GaugedProgram>>) {
    this.#programs = programs;
  }

  async take(): Promise<void> {
    for (const [name, program] of Object.entries(this.#programs)) {
      const { liveBytes, residentBytes, handles } = await program.measure();
      const series = this.#series.get(name) ?? { live: [], resident: [], handles: [] };
      this.#series.set(name, series);
      series.live.push(liveBytes / MIB);
      series.resident.push(residentBytes / MIB);
      series.handles.push(handles);
    }
  }

  /** The latest sample of each process, as text. */
  get text(): string {
    return [...this.#series]
      .map(([name, { live, resident, handles }]) => {
        const [mib, residentMib] = [live, resident].map((series) => (series.at(-1) ?? 0).toFixed(1));
        return `${name} ${mib} MiB alive, ${residentMib} resident, ${handles.at(-1)} handles`;
      })
      .join('; ');
  }

  figures(): Figure[] {
    return [...this.#series].flatMap(([name, { live, resident, handles }]) => [
      { name: `${name}: rise of memory alive, MiB`, value: rise(live), atMost: MAX_LIVE_MIB },
      { name: `${name}: rise of resident memory, MiB`, value: rise(resident), atMost: MAX_RESIDENT_MIB },
      { name: `${name}: rise of handles`, value: rise(handles), atMost: MAX_HANDLES },
    ]);
  }
}
