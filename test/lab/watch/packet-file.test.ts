import { expect, test } from 'vitest';
import { PacketFile } from '../../../source/lab/watch/packet-file.ts';
import { createCaptureReader } from '../../../source/lab/watch/wire/capture-reader.ts';
import { LINK_SLL2 } from '../../../source/lab/watch/wire/pcapng-writer.ts';

test('packets are written in the order of their times, when no earlier one can come', () => {
  const reader = createCaptureReader();
  const written: number[] = [];
  const file = new PacketFile({ routers: ['alice.router', 'internet'] }, (chunk) => {
    written.push(...reader.push(chunk).map(({ at }) => at));
  });
  const common = { link: LINK_SLL2, bytes: Uint8Array.of(1), whole: 60, way: 'in' } as const;
  file.add({ ...common, at: 2000, place: 'internet', side: 'outside' });
  file.add({ ...common, at: 1000, place: 'alice.router', side: 'inside' });
  file.add({ ...common, at: 1500, place: 'nobody', side: 'inside' });
  file.look(1500);
  expect(written).toEqual([]);
  file.look(2000);
  expect(written).toEqual([1000]);
  file.look(Infinity);
  expect(written).toEqual([1000, 2000]);
});
