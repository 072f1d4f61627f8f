import { expect, test } from 'vitest';
import type { Nat } from '../../source/nat/diagnosis.ts';
import type { NatKind } from '../../source/events.ts';
import { natKindOf } from '../../source/nat/nat-kind.ts';

function nat(mapping: Nat['mapping'], sequence: Nat['sequence'] = null): Nat {
  return {
    mapping,
    sequence,
    step: sequence === 'step' ? 1 : null,
    filtering: 'unknown',
  };
}

test.each<[Nat, NatKind]>([
  [nat('none'), 'none'],
  [nat('endpoint-independent'), 'endpoint-independent'],
  [nat('not address-and-port-dependent'), 'endpoint-independent'],
  [nat('address-dependent'), 'address-dependent'],
  [nat('address-and-port-dependent', 'step'), 'counting'],
  [nat('not endpoint-independent', 'random'), 'random'],
  [nat('address-and-port-dependent'), 'unknown'],
  [nat('unknown'), 'unknown'],
])('%j is %s', (given, kind) => {
  expect(natKindOf(given)).toBe(kind);
});
