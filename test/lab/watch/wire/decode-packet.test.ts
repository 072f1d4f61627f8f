import { expect, test } from 'vitest';
import { createCaptureReader } from '../../../../source/lab/watch/wire/capture-reader.ts';
import { decodePacket } from '../../../../source/lab/watch/wire/decode-packet.ts';
import { capturedByTcpdump } from '../../../helpers/lab/captured.ts';

const captured = createCaptureReader().push(capturedByTcpdump);

test('TCP and ICMP errors are read, over IPv4 and IPv6', () => {
  const syn = { protocol: 'tcp', flags: 'S', ack: 0, length: 0, way: 'in', device: 2 };
  const error = { protocol: 'icmp', flags: 'unreachable', seq: 0, ack: 0, length: 0, way: 'out', device: 2 };
  const ends = { source: '50.0.1.2:4004', target: '50.1.2.2:5000', seq: 1_427_759_917 };
  const ends6 = {
    source: '[2a00:5000:1:1::2]:4004',
    target: '[2a00:5000:1:2::2]:5000',
    seq: 1_949_413_111,
  };
  expect(captured.map(({ bytes, link }) => decodePacket(link, bytes))).toEqual([
    { ...syn, ...ends, label: 0x5a_db },
    { ...error, source: '50.0.2.254', target: '50.0.1.2', label: 0x71_7e, about: ends },
    { ...syn, ...ends6, label: 0x6_af_fc },
    { ...error, source: '2a00:5000:0:2::fe', target: '2a00:5000:1:1::2', label: 0x01_938, about: ends6 },
  ]);
});

test('of a packet that was cut off anywhere, nothing is made up', () => {
  for (const { bytes, link } of captured) {
    const whole = decodePacket(link, bytes);
    for (let length = 0; length < bytes.length; length += 1) {
      const part = decodePacket(link, bytes.subarray(0, length));
      const { about: _, ...outer } = whole ?? {};
      expect([undefined, outer, whole]).toContainEqual(part);
    }
  }
});

test('another link type is not read', () => {
  expect(decodePacket(1, captured[0]?.bytes ?? new Uint8Array())).toBeUndefined();
});
