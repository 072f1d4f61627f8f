import { once, EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseJson } from '../text/parse-json.ts';

/** One event as it was written. */
export interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface EventLines {
  /** All lines so far. */
  readonly lines: readonly Line[];
  /** The first line, past or to come, that matches; undefined if the stream ends without. */
  line(event: string, matches?: (line: Line) => boolean): Promise<Line | undefined>;
  /** Calls with each line to come. */
  subscribe(listener: (line: Line) => void): void;
}

/** Reads events, one JSON object a line, from a program's stdout; what is none is passed over. */
export function readEventLines(stdout: Readable): EventLines {
  const lines: Line[] = [];
  const news = new EventEmitter();
  let hasEnded = false;
  createInterface({ input: stdout })
    .on('line', (text) => {
      const line = parseLine(text);
      if (line === undefined) return;
      lines.push(line);
      news.emit('line', line);
    })
    .on('close', () => {
      hasEnded = true;
      news.emit('line');
    });
  return {
    lines,
    line: async (event, matches = () => true) => {
      for (;;) {
        const found = lines.find((line) => line.event === event && matches(line));
        if (found !== undefined || hasEnded) return found;
        await once(news, 'line');
      }
    },
    subscribe: (listener) => {
      news.on('line', (line?: Line) => {
        if (line !== undefined) listener(line);
      });
    },
  };
}

function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = parseJson(text);
    return typeof value === 'object' && value !== null && 'event' in value ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}
