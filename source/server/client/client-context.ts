import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import type { Admission } from '../admission/admission.ts';
import type { DialBacks } from './dial-back.ts';
import type { LingeringClose } from '../sockets/lingering-close.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Matchmaker } from '../rooms/matchmaker.ts';
import type { Meter } from '../metrics/meter.ts';
import type { Probes } from './probes.ts';
import type { HostedRoom } from '../hosted/hosted-room.ts';
import type { Relays } from '../relay/relays.ts';

/** The parts that all modern clients of one server share. */
export interface ClientContext {
  readonly limits: Limits;
  readonly lingering: LingeringClose;
  readonly log: Log;
  /** The text by which the log may show an endpoint. */
  readonly shown: (endpoint: MappedEndpoint) => string;
  readonly matchmaker: Matchmaker;
  readonly admission: Admission;
  /** Replaced once the metrics are open. */
  meter: Meter;
  readonly probes: Probes;
  readonly dialBacks: DialBacks;
  readonly relays: Relays;
  /** The room of the program in which this server runs; undefined for a server that is for everybody. */
  readonly hosted: HostedRoom | undefined;
  /** The port and the second address at which clients may probe. */
  probe: { readonly probe?: number; readonly probeHost?: string };
}
