import { askByDatagram } from './ask-gateway.ts';
import { LIFETIME_SECONDS, type Mapper, type MappingTarget } from './mapper.ts';
import { expectUsable, NoMapping } from './no-mapping.ts';
import {
  encodeAddressRequest,
  encodeNatPmpRequest,
  natPmpResultName,
  parseNatPmpAnswer,
  type NatPmpAnswer,
} from './wire/nat-pmp.ts';
import { MAPPING_PORT } from './wire/pcp.ts';

/** With the pauses of 250 ms, doubled: 3.75 s. */
const SENDS = 4;
/** At the end nobody waits longer than 750 ms for a router. */
const LAST_SENDS = 2;

type AddressAnswer = Extract<NatPmpAnswer, { kind: 'address' }>;
type MapAnswer = Extract<NatPmpAnswer, { kind: 'map' }>;

/** NAT Port Mapping Protocol, RFC 6886. It knows IPv4 only. */
export class MapperByNatPmp implements Mapper {
  readonly protocol = 'nat-pmp';
  readonly #target: MappingTarget;
  #port = 0;
  #isPending = false;

  constructor(target: MappingTarget) {
    this.#target = target;
  }

  /** The address of the router outside. To ask for it changes nothing, so it shows whether the router speaks NAT-PMP. */
  async externalAddress(signal: AbortSignal): Promise<string> {
    const answer = await this.#ask(
      encodeAddressRequest(),
      (one): one is AddressAnswer => one.kind === 'address',
      SENDS,
      signal,
    );
    if (answer.result !== 0 || answer.address === undefined) {
      throw refusal(answer.result);
    }
    return answer.address;
  }

  async map(signal: AbortSignal) {
    const address = await this.externalAddress(signal);
    this.#isPending = true;
    const { result, externalPort, lifetimeSeconds } = await this.#request(LIFETIME_SECONDS, SENDS, signal);
    if (result !== 0) {
      this.#isPending = this.#port !== 0;
      throw refusal(result);
    }
    if (lifetimeSeconds === 0) {
      throw new NoMapping(true, 'the router grants no time, by NAT-PMP');
    }
    const external = expectUsable({ address, port: externalPort }, this.#target.gateway.family);
    this.#port = external.port;
    return { external, lifetimeMs: lifetimeSeconds * 1000 };
  }

  async unmap() {
    if (this.#isPending) {
      this.#isPending = false;
      this.#port = 0;
      await this.#request(0, LAST_SENDS, new AbortController().signal).catch(() => undefined);
    }
  }

  #request(lifetimeSeconds: number, sends: number, signal: AbortSignal): Promise<MapAnswer> {
    const { internalPort } = this.#target;
    return this.#ask(
      encodeNatPmpRequest({ internalPort, suggestedPort: this.#port, lifetimeSeconds }),
      (one): one is MapAnswer =>
        one.kind === 'map' && (one.internalPort === undefined || one.internalPort === internalPort),
      sends,
      signal,
    );
  }

  async #ask<Wanted extends NatPmpAnswer>(
    bytes: Uint8Array,
    isWanted: (answer: NatPmpAnswer) => answer is Wanted,
    sends: number,
    signal: AbortSignal,
  ): Promise<Wanted> {
    const { gateway } = this.#target;
    const answer = await askByDatagram({
      gateway,
      port: gateway.ports?.mapping ?? MAPPING_PORT,
      bytes,
      read: (datagram): Wanted | 'other-version' | undefined => {
        const one = parseNatPmpAnswer(datagram);
        return one.kind === 'other-version' ? one.kind : isWanted(one) ? one : undefined;
      },
      sends,
      signal,
    });
    if (answer === 'other-version') {
      throw new NoMapping(false, 'the router speaks no NAT-PMP');
    }
    return answer;
  }
}

function refusal(result: number): NoMapping {
  return new NoMapping(true, `the router refuses, by NAT-PMP: ${natPmpResultName(result)}`);
}
