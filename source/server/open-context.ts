import { Admission } from './admission/admission.ts';
import type { ClientContext } from './client/client-context.ts';
import { createDialBacks } from './client/dial-back.ts';
import { Probes } from './client/probes.ts';
import type { ContextOptions } from './context-options.ts';
import type { HostedRoom } from './hosted/hosted-room.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { loggedEndpoint, silentLog } from './log.ts';
import { silentMeter } from './metrics/meter.ts';
import { openMatchmaker } from './open-matchmaker.ts';
import { Relays } from './relay/relays.ts';
import { publishedLog } from './server-channel.ts';
import { LingeringClose } from './sockets/lingering-close.ts';

interface Circumstances {
  /** `HOST:PORT` at which clients of other servers reach this one, once it is known. */
  readonly advertised?: () => string | undefined;
  /** The main port, once it is known; else 0. */
  readonly port: () => number;
  /** The room of the program in which the server runs. */
  readonly hosted?: HostedRoom;
}

/** Makes the parts that all clients share, before anything listens. Throws ERR_USAGE or ERR_STORE. */
export async function openContext(
  options: ContextOptions,
  { advertised = () => undefined, port, hosted }: Circumstances,
): Promise<ClientContext> {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const log = publishedLog(options.logger ?? silentLog, port);
  const admission = new Admission(limits, options.exempt ?? []);
  const lingering = new LingeringClose(limits);
  return {
    limits,
    lingering,
    log,
    shown: (endpoint) => loggedEndpoint(endpoint, options.logAddresses),
    matchmaker: await openMatchmaker({ ...options, limits, log }),
    admission,
    meter: silentMeter,
    probes: new Probes(limits, lingering),
    dialBacks: createDialBacks(limits),
    relays: new Relays({
      limits,
      log,
      isOn: options.relay !== false,
      sharesOf: (address) => admission.sharesOf(address),
      advertised,
    }),
    hosted,
    // It is set when the probe port listens. A client that comes earlier is told of no probe port.
    probe: {},
  };
}
