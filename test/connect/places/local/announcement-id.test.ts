import { assert, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import {
  announcementId,
  ID_BYTES,
  isToJoin,
} from '../../../../source/connect/places/local/announcement-id.ts';
import {
  encodeAnnouncement,
  parseLinkMessage,
} from '../../../../source/connect/places/local/link-messages.ts';

const random = uint8Array({ minLength: ID_BYTES, maxLength: ID_BYTES });

test('of two runs that may join each other, exactly one joins', () => {
  assert(
    property(random, random, (one, other) => {
      const [first, second] = [announcementId(one, true), announcementId(other, true)];
      expect([isToJoin(first, second), isToJoin(second, first)].filter(Boolean)).toHaveLength(
        first === second ? 0 : 1,
      );
    }),
  );
});

test('a run that may join joins each one that only waits', () => {
  assert(
    property(random, random, (one, other) => {
      expect(isToJoin(announcementId(one, true), announcementId(other, false))).toBe(true);
    }),
  );
});

test('a run that hears itself does not join itself', () => {
  const own = announcementId(new Uint8Array(ID_BYTES), true);
  expect(isToJoin(own, own)).toBe(false);
});

test('an id is read as it was announced', () => {
  assert(
    property(random, (bytes) => {
      for (const joins of [true, false]) {
        const announcement = { id: announcementId(bytes, joins), number: 7, port: 4000 };
        expect(parseLinkMessage(encodeAnnouncement(announcement))).toEqual({
          t: 'answer',
          announcements: [announcement],
        });
      }
    }),
  );
});

test('ids differ as much as their random bytes, but for the first digit', () => {
  const ids = Array.from({ length: 256 }, (_, byte) =>
    announcementId(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, byte), true),
  );
  expect(new Set(ids).size).toBe(256);
  const firsts = Array.from({ length: 256 }, (_, byte) =>
    announcementId(Uint8Array.of(byte, 0, 0, 0, 0, 0, 0, 0), true),
  );
  expect(new Set(firsts).size).toBeGreaterThan(200);
});
