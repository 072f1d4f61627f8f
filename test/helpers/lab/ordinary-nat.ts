import type { Diagnosis } from '../../../source/nat/diagnosis.ts';

/** What the doctor finds of an ordinary NAT: endpoint-independent mapping, strict filtering, silence for strangers. */
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
