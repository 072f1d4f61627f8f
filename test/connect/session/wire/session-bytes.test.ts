import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  createChatDecoder,
  encodeChatMessage,
  type ChatMessage,
} from '../../../../source/protocol/chat-messages.ts';
import {
  createFrameDecoder,
  encodeFrame,
  type Frame,
} from '../../../../source/connect/session/wire/frames.ts';

const page = readFileSync('source/connect/session/wire/session.md', 'utf8');

/** The rows `| {json} | hex |` of one section. */
function examples(section: string): [json: string, hex: string][] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const rows = (text.split('\n## ')[0] ?? '').matchAll(/^\| `(\{.*\})` +\| `([0-9a-f ]+)` +\|$/gm);
  return [...rows].map(([, json = '', hex = '']) => [json, hex.replaceAll(' ', '')]);
}

function hexOf(bytes: Uint8Array) {
  return Buffer.from(bytes).toString('hex');
}

/** The page writes bytes as hex. */
function frameOf(json: string): Frame {
  return JSON.parse(json, (key, value: unknown) =>
    key === 'bytes' || key === 'nonce' ? Buffer.from(value as string, 'hex') : value,
  ) as Frame;
}

function whole(frame: Frame) {
  if (frame.type === 'data' || frame.type === 'file-data') {
    return { ...frame, bytes: hexOf(frame.bytes) };
  }
  return frame.type === 'round' ? { ...frame, nonce: hexOf(frame.nonce) } : frame;
}

describe('the page session.md', () => {
  test('has an example of every frame and every chat message', () => {
    function types(section: string) {
      return new Set(examples(section).map(([json]) => frameOf(json).type));
    }
    expect([...types('Frames')].toSorted()).toEqual([
      'ack',
      'close',
      'data',
      'end',
      'file-ack',
      'file-data',
      'nominate',
      'ping',
      'pong',
      'round',
    ]);
    expect([...types('Chat messages')].toSorted()).toEqual([
      'again',
      'friend',
      'got',
      'heartbeat',
      'kept',
      'name',
      'text',
      'typing',
    ]);
    // These tests read every row with JSON in it.
    expect(page.match(/^\| `\{/gm)).toHaveLength(
      examples('Frames').length + examples('Chat messages').length,
    );
  });

  test.each(examples('Frames'))('encodes %s as it says, and decodes it', (json, hex) => {
    expect(hexOf(encodeFrame(frameOf(json)))).toBe(hex);
    expect(createFrameDecoder().push(Buffer.from(hex, 'hex')).map(whole)).toEqual([whole(frameOf(json))]);
  });

  const messages = examples('Chat messages');

  test.each(messages)('encodes %s as it says', (json, hex) => {
    expect(hexOf(encodeChatMessage(JSON.parse(json) as ChatMessage))).toBe(hex);
  });

  test('decodes its chat messages, which are one conversation', () => {
    const bytes = Buffer.from(messages.map(([, hex]) => hex).join(''), 'hex');
    expect(createChatDecoder().push(bytes)).toEqual(messages.map(([json]) => JSON.parse(json) as unknown));
  });
});
