import { randomInt } from 'node:crypto';
import { createLineDecoder, MAX_LINE_BYTES } from '../../../source/protocol/framing/line-decoder.ts';
import { parseClientMessage } from '../../../source/protocol/rendezvous-messages.ts';
import { ProtocolError } from '../../../source/errors.ts';
import { linesOf } from '../../../source/server/client/client-line.ts';
import { defaultLimits } from '../../../source/server/limits.ts';
import { clientMessages } from '../../helpers/chats/messages.ts';
import { joinMessage } from '../../helpers/servers/wire-messages.ts';
import type { Figure } from '../figure.ts';

/** Twice the time that limits.ts reckons with for a line. */
const MAX_US = 20;
/**
 * A bad line ends its connection. Connections are limited by themselves, and
 * opening and closing one takes as long as ten good lines.
 */
const MAX_BAD_US = 1000;
const BATCH = 200;
/** The fastest batch counts, because other processes may use the processor's caches meanwhile. */
const BATCHES = 15;

/** A line filled with as many units as fit. */
function filled(head: string, unit: (n: number) => string, tail: string): string {
  let line = head;
  for (let n = 0; line.length + unit(n).length + tail.length <= MAX_LINE_BYTES; n += 1) {
    line += unit(n);
  }
  return line + tail;
}
const ping = '{"t":"ping","x":';
function list(value: (n: number) => string) {
  return filled(`${ping}[`, (n) => `${value(n)},`, '0]}');
}
function name(n: number) {
  return n.toString(36);
}
/** A name that hardly any line has had before, because a parser handles known ones faster. */
function newName() {
  return randomInt(36 ** 4)
    .toString(36)
    .padStart(4, 'n');
}
const join = JSON.stringify(joinMessage({ number: 7 })).slice(0, -1);

/** Lines, or functions that make one line after the other. */
const hostile: Readonly<Record<string, string | Buffer | (() => string)>> = {
  'many new fields': () => filled('{"t":"ping","x":{"a":0', () => `,"${newName()}":0`, '}}'),
  'objects of many new kinds': () => list(() => `{"${newName()}":0}`),
  'many new texts': () => list(() => `"${newName()}"`),
  'many new fields with new texts': () =>
    filled('{"t":"ping","x":{"a":0', () => `,"${newName()}":"${newName()}"`, '}}'),
  'nested arrays': `${ping}${'['.repeat(4000)}${']'.repeat(4000)}}`,
  'nested objects': `${ping}${'{"":'.repeat(1600)}0${'}'.repeat(1600)}}`,
  'arrays that do not end': `${ping}${'['.repeat(8000)}`,
  'a nested type': `{"t":${'['.repeat(4000)}${']'.repeat(4000)}}`,
  'a nested NAT': `${join},"nat":{"a":${'['.repeat(3800)}${']'.repeat(3800)}}}`,
  'nesting of eight, again and again': list(() => '[[[[[[]]]]]]'),
  'empty arrays': list(() => '[]'),
  'empty objects': list(() => '{}'),
  'objects of many kinds': list((n) => `{"${name(n)}":0}`),
  'many fields': filled('{"t":"ping"', (n) => `,"f${name(n)}":0`, '}'),
  'many fields with escapes': filled('{"t":"ping"', (n) => `,"\\u0041${name(n)}":0`, '}'),
  'many numbered fields': filled('{"t":"ping"', (n) => `,"${n * 7919}":0`, '}'),
  'one field many times': filled('{"t":"ping"', () => ',"a":0', '}'),
  'many prototypes': filled('{"t":"ping"', () => ',"__proto__":{}', '}'),
  'a NAT of many fields': filled(`${join},"nat":{"z":0`, (n) => `,"${name(n)}":0`, '}}'),
  'a NAT of as many fields as pass': `${join},"nat":{"z":0${Array.from({ length: 55 }, (_, n) => `,"${name(n)}":0`).join('')}}}`,
  'many texts': list((n) => `"${name(n)}"`),
  'a text of escapes': filled(`${ping}"`, () => '\\u0041', '"}'),
  'a text of backslashes': filled(`${ping}"`, () => '\\\\', '"}'),
  'a text of quotes': filled(`${ping}"`, () => '\\"', '"}'),
  'a number of 8,000 digits': `${ping}${'9'.repeat(8000)}}`,
  'a room of 7,900 digits': join.replace('"number":7', `"number":${'9'.repeat(7900)}`),
  'numbers that are hard to read': list(() => '2.2250738585072011e-308'),
  'small numbers': list(() => '1e-7'),
  'an unknown type of 8 KiB': filled('{"t":"', () => 'x', '"}'),
  'a field of 8 KiB': filled('{"t":"round","n":"', () => 'x', '"}'),
  'a seal that is no base64url': filled('{"t":"candidate","sealed":"', () => '!', '"}'),
  'no JSON': 'x'.repeat(MAX_LINE_BYTES),
  'an empty line': '',
  'a blank': ' ',
  'no UTF-8': Buffer.alloc(8000, 0xff),
  'no UTF-8 at its end': Buffer.concat([Buffer.alloc(8000, 0x61), Buffer.of(0xff)]),
};

/** The time to read a line, honest or hostile, divided by the number of lines that it counts as. */
export async function lines(): Promise<Figure[]> {
  const meant = clientMessages.map((message): [string, string] => {
    const text = JSON.stringify(message);
    return [text.slice(0, 24), text];
  });
  return [...meant, ...Object.entries(hostile)].map(([what, text]) => {
    function make(): Buffer {
      return Buffer.concat([Buffer.from(typeof text === 'function' ? text() : text), Buffer.from('\n')]);
    }
    const line = make();
    if (!read(line)) {
      return { name: `lines: ${what}, bad, µs`, value: quickest(make), atMost: MAX_BAD_US };
    }
    const charged = linesOf(String(line), defaultLimits);
    return {
      name: `lines: ${what}, µs for each that it counts as`,
      value: quickest(make) / charged,
      atMost: MAX_US,
    };
  });
}

function quickest(make: () => Buffer): number {
  const times = Array.from({ length: BATCHES }, () => {
    const batch = Array.from({ length: BATCH }, make);
    const before = process.cpuUsage();
    for (const line of batch) {
      read(line);
    }
    const { system, user } = process.cpuUsage(before);
    return (system + user) / BATCH;
  });
  return Math.min(...times);
}

/** Reads a line. Returns whether it was a good one. */
function read(line: Buffer): boolean {
  const decoder = createLineDecoder();
  decoder.push(line);
  try {
    parseClientMessage(decoder.next() ?? '');
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) {
      throw error;
    }
    return false;
  }
}
