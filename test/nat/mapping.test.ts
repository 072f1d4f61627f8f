import { describe, expect, test } from 'vitest';
import { mappingOf, predictPorts } from '../../source/nat/mapping.ts';

describe('the mapping that two ports of one server show', () => {
  test.each([
    { port: 4000, probePort: 4000, kind: 'endpoint-independent' },
    { port: 4000, probePort: 4001, kind: 'sequential', step: 1 },
    { port: 4000, probePort: 3998, kind: 'sequential', step: -2 },
    { port: 4000, probePort: 4016, kind: 'sequential', step: 16 },
    { port: 4000, probePort: 4017, kind: 'random' },
    { port: 4000, probePort: 61_234, kind: 'random' },
  ])('is $kind if $port was followed by $probePort', ({ port, probePort, ...mapping }) => {
    expect(mappingOf({ port, probePort })).toEqual(mapping);
  });

  test.each([
    { port: 4000, probePort: 4000, addressPort: 4000, kind: 'endpoint-independent' },
    { port: 4000, probePort: 4000, addressPort: 4001, kind: 'sequential', step: 1 },
    { port: 4000, probePort: 4000, addressPort: 61_234, kind: 'random' },
  ])('is $kind if a second address has seen $addressPort', ({ port, probePort, addressPort, ...mapping }) => {
    expect(mappingOf({ port, probePort, addressPort })).toEqual(mapping);
  });

  test('is unknown if the probe was not seen', () => {
    expect(mappingOf({ port: 4000 })).toEqual({ kind: 'unknown' });
  });
});

describe('the next port of a counting NAT', () => {
  test.each([
    { seen: { port: 4000, probePort: 4001 }, step: 1, next: [4002] },
    { seen: { port: 4000 }, step: 1, next: [4001] },
    { seen: { port: 4000, probePort: 4000, addressPort: 4001 }, step: 1, next: [4002] },
    { seen: { port: 65_534, probePort: 65_535 }, step: 1, next: [1024] },
  ])('after $seen with a step of $step is $next', ({ seen, step, next }) => {
    expect(predictPorts(seen, step)).toEqual(next);
  });

  test.each([
    { seen: { port: 4000, probePort: 3998 }, step: -2, next: [4002, 3996] },
    { seen: { port: 1025, probePort: 1024 }, step: -1, next: [1026, 65_535] },
  ])('may be one of two if the SYNs seem to have changed places: $next', ({ seen, step, next }) => {
    expect(predictPorts(seen, step)).toEqual(next);
  });
});
