import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  decodeBody,
  encodeBody,
  formatPhase,
  parsePhase,
  type RoomMessage,
  type RoomPhase,
} from '../../../../../source/connect/places/mailbox/wire/room-messages.ts';

const page = readFileSync('source/connect/places/mailbox/mailbox.md', 'utf8');

/** The rows `| {json} | text |` of one section. */
function examples(section: string): [json: string, text: string][] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const rows = (text.split('\n## ')[0] ?? '').matchAll(/^\| `(\{.*\})` +\| `([^`]+)` +\|$/gm);
  return [...rows].map(([, json = '', value = '']) => [json, value]);
}

const byteFields = new Set(['nonce', 'nonceA', 'nonceB', 'share', 'sealed']);

/** The page writes bytes as hex. */
function read(json: string): unknown {
  return JSON.parse(json, (key, value: unknown) =>
    byteFields.has(key) ? Uint8Array.from(Buffer.from(value as string, 'hex')) : value,
  );
}

describe('the page mailbox.md', () => {
  test('has an example of every message and of both kinds of phase', () => {
    const messages = examples('Bodies').map(([json]) => (read(json) as RoomMessage).t);
    expect([...new Set(messages)].toSorted()).toEqual(['answer', 'join', 'leave', 'round', 'seal']);
    const phases = examples('Phases').map(([json]) => Object.keys(read(json) as RoomPhase).length);
    expect(new Set(phases)).toEqual(new Set([3, 4]));
    expect(page.match(/^\| `\{/gm)).toHaveLength(examples('Bodies').length + examples('Phases').length);
  });

  test.each(examples('Phases'))('writes the phase %s as it says, and reads it', (json, text) => {
    expect(formatPhase(read(json) as RoomPhase)).toBe(text);
    expect(parsePhase(text)).toEqual(read(json));
  });

  test.each(examples('Bodies'))('encodes the body %s as it says, and decodes it', (json, hex) => {
    expect(encodeBody(read(json) as RoomMessage)).toBe(hex);
    expect(decodeBody(hex)).toEqual(read(json));
  });
});
