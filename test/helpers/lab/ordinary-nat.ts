import type { Diagnosis } from '../../../source/nat/diagnosis.ts';

/**
 * The doctor's findings for an ordinary NAT: endpoint-independent mapping,
 * strict filtering, no answer to strangers.
 */
export const ordinaryNat: Diagnosis = {
  family: 4,
  roundTripMs: 81,
  local: { address: '192.168.1.2', port: 4001 },
  mapped: { address: '50.0.1.2', port: 4001 },
  mapping: 'endpoint-independent',
  sequence: null,
  step: null,
  portPreservation: true,
  filtering: 'address-and-port-dependent',
  unsolicited: 'drop',
  hairpinning: false,
};
