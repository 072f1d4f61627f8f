import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import type { Admission } from '../admission/admission.ts';
import type { DialBacks } from './dial-back.ts';
import type { LingeringClose } from '../sockets/lingering-close.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Matchmaker } from '../rooms/matchmaker.ts';
import type { Meter } from '../metrics/meter.ts';
import type { Probes } from './probes.ts';
import type { Relays } from '../relay/relays.ts';

/** What all modern clients of one server share. */
export interface ClientContext {
  readonly limits: Limits;
  readonly gentle: LingeringClose;
  readonly log: Log;
  /** An endpoint as the log may show it. */
  readonly shown: (endpoint: MappedEndpoint) => string;
  readonly matchmaker: Matchmaker;
  readonly admission: Admission;
  /** Assigned once the metrics are there to be told. */
  meter: Meter;
  readonly probes: Probes;
  readonly dialBacks: DialBacks;
  readonly relays: Relays;
  /** Told to every client: where to probe. */
  probe: { readonly probe?: number; readonly probeHost?: string };
}
