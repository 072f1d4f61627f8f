import { randomBytes } from 'node:crypto';
import type { Endpoint } from '../../events.ts';
import { askByDatagram } from './ask-gateway.ts';
import { LIFETIME_SECONDS, type Mapper, type MappingTarget } from './mapper.ts';
import { expectUsable, NoMapping } from './no-mapping.ts';
import {
  answersRequest,
  encodePcpRequest,
  MAPPING_PORT,
  parsePcpAnswer,
  PCP_NONCE_BYTES,
  pcpResultName,
  type PcpAnswer,
} from './wire/pcp.ts';

/** With the pauses of 250 ms, doubled: 3.75 s. */
const SENDS = 4;
/** At the end nobody waits longer than 750 ms for a router. */
const LAST_SENDS = 2;

/** Port Control Protocol, RFC 6887. */
export function mapperByPcp({ gateway, internalPort }: MappingTarget): Mapper {
  const nonce = randomBytes(PCP_NONCE_BYTES);
  let granted: Endpoint | undefined;
  let isPending = false;

  function ask(lifetimeSeconds: number, sends: number, signal: AbortSignal): Promise<PcpAnswer> {
    const request = {
      client: gateway.local,
      nonce,
      lifetimeSeconds,
      internalPort,
      // A router that has forgotten its mappings gives the same port again, if it can (section 11.2.1).
      suggested: lifetimeSeconds === 0 ? undefined : granted,
    };
    return askByDatagram({
      gateway,
      port: gateway.ports?.mapping ?? MAPPING_PORT,
      bytes: encodePcpRequest(request),
      read: (datagram) => {
        const answer = parsePcpAnswer(datagram);
        return answersRequest(answer, request) ? answer : undefined;
      },
      sends,
      signal,
    });
  }

  return {
    protocol: 'pcp',
    async map(signal) {
      isPending = true;
      const answer = await ask(LIFETIME_SECONDS, SENDS, signal);
      if (answer.kind === 'other-version' || answer.result !== 0) {
        isPending = granted !== undefined;
        throw answer.kind === 'other-version'
          ? new NoMapping(false, 'the router speaks no PCP')
          : new NoMapping(true, `the router refuses, by PCP: ${pcpResultName(answer.result)}`);
      }
      if (answer.lifetimeSeconds === 0) {
        throw new NoMapping(true, 'the router grants no time, by PCP');
      }
      granted = expectUsable(answer.external, gateway.family);
      return { external: granted, lifetimeMs: answer.lifetimeSeconds * 1000 };
    },
    async unmap() {
      if (isPending) {
        isPending = false;
        await ask(0, LAST_SENDS, new AbortController().signal).catch(() => undefined);
      }
    },
  };
}
