import { performance } from 'node:perf_hooks';
import { adviceOf } from '../nat/advice.ts';
import type { Diagnosis } from '../nat/diagnosis.ts';
import type { ContainerNetwork, DoctorReport, Finding, RouterAnswer } from '../nat/doctor-report.ts';
import { reachOf, withMappedPort } from '../nat/reach.ts';
import { verdictOf } from '../nat/verdict.ts';
import { addressClass, familyOf } from '../network/address.ts';
import { knownNat64 } from '../network/nat64/translation.ts';
import { ownAddresses } from '../network/sockets.ts';

/** What was found in each family: a diagnosis, or the reason why there is none. */
export interface Findings {
  readonly ipv4: Diagnosis | string;
  readonly ipv6: Diagnosis | string;
}

export interface AssembleOptions extends Findings {
  /** As the user named it. */
  readonly server: string;
  readonly startedAt: number;
  readonly router: RouterAnswer;
  readonly container: ContainerNetwork | undefined;
  /** The port of the rendezvous at which the probes were sent. Undefined if STUN servers were asked. */
  readonly probePort: number | undefined;
}

/** Concludes from the diagnoses which peers can be reached, and what would help. */
export function assembleReport({
  server,
  startedAt,
  probePort,
  router,
  container,
  ...found
}: AssembleOptions): DoctorReport {
  const ipv4 = typeof found.ipv4 === 'string' ? undefined : found.ipv4;
  const ipv6 = typeof found.ipv6 === 'string' ? undefined : found.ipv6;
  const ipv6Address = hasGlobalIpv6();
  const reachable = router.mapped && router.external.address === ipv4?.mapped.address;
  const reach = withMappedPort(reachOf(ipv4, ipv6, ipv6Address), reachable);
  return {
    v: 1,
    server,
    ms: Math.round(performance.now() - startedAt),
    verdict: verdictOf({ ipv4, ipv6, reach }),
    ipv4: findingOf(found.ipv4),
    ipv6: findingOf(found.ipv6),
    ipv6Address,
    portMapping: router.mapped ? { ...router, reachable } : router,
    container: container ?? null,
    nat64: knownNat64()?.prefix ?? null,
    reach,
    advice: adviceOf({ ipv4, ipv6, reach, probePort, container }),
  };
}

function findingOf(found: Diagnosis | string): Finding {
  return typeof found === 'string' ? { tested: false, reason: found } : { tested: true, ...found };
}

function hasGlobalIpv6(): boolean {
  return ownAddresses().some((address) => familyOf(address) === 6 && addressClass(address) === 'global');
}
