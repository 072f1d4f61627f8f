import { expect, test } from 'vitest';
import { ByteCount } from '../../../source/ui/lines/byte-count.ts';

test('the rate is that of the last three seconds, the summary that of the whole time', () => {
  const count = new ByteCount(1000);
  expect(count.text({ sent: 0, received: 0 }, 1000)).toBe('sent 0 bytes · received 0 bytes · 0 bytes/s');
  expect(count.text({ sent: 6_000_000, received: 0 }, 3000)).toBe(
    'sent 6.0 MB · received 0 bytes · 3.0 MB/s',
  );
  expect(count.text({ sent: 6_000_000, received: 0 }, 5000)).toBe(
    'sent 6.0 MB · received 0 bytes · 1.5 MB/s',
  );
  expect(count.text({ sent: 6_000_000, received: 0 }, 9000)).toBe(
    'sent 6.0 MB · received 0 bytes · 0 bytes/s',
  );
  expect(count.summary({ sent: 6_000_000, received: 2_000_000 }, 9000)).toBe(
    'sent 6.0 MB, received 2.0 MB in 8.0 s, 1.0 MB/s',
  );
});

test('an end at the moment of the beginning has no rate', () => {
  expect(new ByteCount(5).summary({ sent: 1, received: 0 }, 5)).toBe(
    'sent 1 byte, received 0 bytes in 0 ms, 0 bytes/s',
  );
});
