/** Turns records of the log into sentences, for an operator who watches a terminal. It does not know the terminal. */
import { safeText } from '../text/safe-text.ts';

/** A record as pino writes it. `time` is in ms, `level` a number: 30 is info, 40 warn, 50 error. */
export interface LogRecord {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Bounds the pairs whose end is still to come. Of more, the oldest are told without it. */
const MAX_OPEN = 1000;
/** A client that was killed never tells how its match ended. */
const OUTCOME_MS = 120_000;
const LEVEL_WARN = 40;
const LEVEL_ERROR = 50;

const outcomeWords: Readonly<Record<string, string>> = {
  punched: 'direct',
  relayed: 'relayed',
  failed: 'no connection',
};

interface Pair {
  readonly sides: string;
  readonly time: number;
}

export interface LogSentences {
  /** Returns lines that end with a newline: none for a record that waits for another one. */
  readonly tell: (record: LogRecord) => string;
  /** Returns lines for what still waits. */
  readonly end: (time: number) => string;
}

/** `arrow` stands between the two sides of a pair: `⇄`, or `<->` where there is only ASCII. */
export function createLogSentences(arrow: string): LogSentences {
  const matches = new Map<string, Pair>();
  const relays = new Map<string, Pair>();
  let day = '';

  function line(time: number, text: string): string {
    const date = new Date(time);
    const [today, hour, minute] = [
      `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`,
      twoDigits(date.getHours()),
      twoDigits(date.getMinutes()),
    ];
    const heading = day === today || day === '' ? '' : `${today}\n`;
    day = today;
    return `${heading}${hour}:${minute} ${safeText(text)}\n`;
  }
  /** The oldest come first, so that this looks at few. */
  function forgotten(now: number, isEnd = false): string {
    let lines = '';
    for (const [session, { sides, time }] of matches) {
      if (!isEnd && now - time < OUTCOME_MS && matches.size <= MAX_OPEN) {
        break;
      }
      matches.delete(session);
      lines += line(now, `match ${sides}: no word of how it ended`);
    }
    return lines;
  }
  function sentence(record: LogRecord): string | undefined {
    const { msg, time } = record;
    function of(field: string): string {
      return factText(record[field]);
    }
    const session = of('session');
    switch (msg) {
      case 'match': {
        matches.set(session, { time, sides: `${of('a')} ${arrow} ${of('b')}` });
        return undefined;
      }
      case 'outcome': {
        const match = matches.get(session);
        // Both sides tell it. The first word counts.
        matches.delete(session);
        const outcome = of('outcome');
        return match && `match ${match.sides}: ${outcomeWords[outcome] ?? outcome}`;
      }
      case 'classic pair': {
        return `match ${of('first')} ${arrow} ${of('second')}: classic`;
      }
      case 'relay': {
        const sides = `${of('one')} ${arrow} ${of('other')}`;
        if (relays.size < MAX_OPEN) {
          relays.set(session, { time, sides });
        }
        return `relay ${sides}`;
      }
      case 'relay over': {
        const sides = relays.get(session)?.sides ?? '';
        relays.delete(session);
        const [megabytes, seconds] = [Number(record['bytes']) / 1e6, Number(record['ms']) / 1000];
        return `relay ${sides} over (${of('outcome')}): ${megabytes.toFixed(1)} MB in ${seconds.toFixed(0)} s`;
      }
      default: {
        return otherSentence(record);
      }
    }
  }
  return {
    tell: (record) => {
      const text = sentence(record);
      return forgotten(record.time) + (text === undefined ? '' : line(record.time, text));
    },
    end: (time) => forgotten(time, true),
  };
}

/** `warning: a proxy was closed (from 192.0.2.x, reason no PROXY header)`. */
function otherSentence({ level, msg, ...fields }: LogRecord): string {
  const alarm = level >= LEVEL_ERROR ? 'error: ' : level >= LEVEL_WARN ? 'warning: ' : '';
  const { err, ...others } = fields;
  const facts = Object.entries(others)
    .filter(([name]) => name !== 'time')
    .map(([name, value]) => `${name} ${factText(value)}`);
  const stack = err === undefined ? '' : `: ${errorText(err)}`;
  return `${alarm}${msg}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}${stack}`;
}

function factText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function errorText(err: unknown): string {
  return typeof err === 'object' && err !== null && 'stack' in err ? String(err.stack) : factText(err);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
