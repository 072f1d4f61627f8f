import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PunchlineError } from '../../../../source/errors.ts';
import {
  createCaptureReader,
  type CapturedPacket,
} from '../../../../source/lab/watch/wire/capture-reader.ts';
import { decodePacket } from '../../../../source/lab/watch/wire/decode-packet.ts';
import { LINK_SLL2, pcapngHeader, pcapngPacket } from '../../../../source/lab/watch/wire/pcapng-writer.ts';
import { capturedByDumpcap, capturedByTcpdump } from '../../../helpers/lab/captured.ts';

function readAll(bytes: Uint8Array): CapturedPacket[] {
  return createCaptureReader().push(bytes);
}

test('both formats hold the same packets', () => {
  const [one, other] = [readAll(capturedByTcpdump), readAll(capturedByDumpcap)];
  expect(one.map(({ at }) => Math.round(at))).toEqual([
    1_795_994_290_959, 1_795_994_290_959, 1_795_994_291_274, 1_795_994_291_274,
  ]);
  expect(one.map(({ bytes, whole }) => [bytes.length, whole])).toEqual([
    [80, 80],
    [108, 108],
    [100, 100],
    [128, 148],
  ]);
  expect(other.map(({ bytes, link, whole }) => ({ bytes, link, whole }))).toEqual(
    one.map(({ bytes, link, whole }) => ({ bytes, link, whole })),
  );
  // Each program has asked for the time itself.
  expect(other.map(({ at }, index) => Math.abs(at - (one[index]?.at ?? 0)) < 1)).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test.each([
  ['pcap', capturedByTcpdump],
  ['pcapng', capturedByDumpcap],
])('%s comes byte by byte, and each packet with its last one', (_, bytes) => {
  const reader = createCaptureReader();
  expect([...bytes].flatMap((byte) => reader.push(Uint8Array.of(byte)))).toEqual(readAll(bytes));
  expect(readAll(bytes.subarray(0, -1))).toEqual(readAll(bytes).slice(0, -1));
});

test('what is no capture is refused, and so is a packet without bounds', () => {
  expect(() => readAll(Buffer.from('nonsense'))).toThrow(/unknown format/);
  const endless = Buffer.from(capturedByTcpdump);
  endless.writeUInt32LE(0x7f_ff_ff_ff, 24 + 8);
  expect(() => readAll(endless)).toThrow(/a block of \d+ bytes/);
});

test('what is written as pcapng is read again', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5);
  const file = Buffer.concat([
    pcapngHeader(['alice.router inside', 'alice.router outside'], 128),
    pcapngPacket({ interface: 1, at: 1_795_994_290_958.636, way: 'out', bytes, whole: 99 }),
  ]);
  const [packet] = readAll(file);
  expect(packet).toEqual({ at: expect.closeTo(1_795_994_290_958.636, 2), link: LINK_SLL2, bytes, whole: 99 });
});

test('whatever comes is read, or refused with a sentence', () => {
  const change = fc.record({ at: fc.nat(900), value: fc.nat(255) });
  const captured = fc.constantFrom(capturedByTcpdump, capturedByDumpcap);
  const holds = fc.property(
    captured,
    fc.array(change, { maxLength: 8 }),
    fc.nat(200),
    (bytes, changes, split) => {
      const changed = Buffer.from(bytes);
      for (const { at, value } of changes) {
        changed[at % changed.length] = value;
      }
      const reader = createCaptureReader();
      try {
        for (const part of [changed.subarray(0, split), changed.subarray(split)]) {
          reader.push(part).forEach((packet) => decodePacket(packet.link, packet.bytes));
        }
        return true;
      } catch (error) {
        return error instanceof PunchlineError;
      }
    },
  );
  expect(fc.check(holds).failed).toBe(false);
});
