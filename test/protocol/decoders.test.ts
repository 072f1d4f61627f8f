import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decoders } from '../helpers/decoders/decoders.ts';
import { heldBytes } from '../helpers/steps/held-bytes.ts';
import { samples } from '../helpers/samples.ts';

describe('input from outside', () => {
  test.each(decoders)('is read or refused, and the same in any chunks: $name', ({ property }) => {
    expect(() => fc.assert(property, { numRuns: samples(2000) })).not.toThrow();
  });

  const holding = decoders.flatMap(({ name, holding: bound }) => (bound ? [{ name, ...bound }] : []));

  test.each(holding)('takes bounded memory while it is incomplete: $name', async ({ maxBytes, hungry }) => {
    expect(await heldBytes(hungry)).toBeLessThanOrEqual(maxBytes);
  });
});
