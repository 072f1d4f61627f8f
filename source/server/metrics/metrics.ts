import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Meter } from './meter.ts';
import { listenForMetrics } from './metrics-page.ts';
import { gaugeIn, watchProcess } from './process-metrics.ts';
import { refusalReasons } from '../admission/refusal.ts';

/** What holds of the server as a whole. */
export interface ServerState {
  readonly isDraining: boolean;
  /** Undefined without a store. */
  readonly isStoreUp: boolean | undefined;
  /** When the certificate expires, in ms since the epoch. Undefined without one. */
  readonly certificateUntil: number | undefined;
}

export interface MetricsOptions {
  readonly host: string;
  readonly port: number;
  /** How much some of the counts may grow, by the same names. */
  readonly limits: Readonly<Record<string, number>>;
  readonly state: () => ServerState;
  /** Current counts, by name. */
  readonly counts: () => Readonly<Record<string, number>>;
  /** The bytes that were relayed since the start. */
  readonly relayedBytes: () => number;
  /** Why a balancer should send no clients to this server; undefined while all is well. */
  readonly trouble: () => string | undefined;
}

export interface Metrics extends Meter {
  readonly port: number;
  close(): Promise<void>;
}

/** In seconds, from an immediate match to a wait of a day. */
const waitBuckets = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800, 3600, 86_400];

/**
 * Prometheus metrics of one server, in a registry of their own. Every label takes
 * its value from a list of ours, never from a client. Throws the errors of
 * `listen`.
 */
export async function openMetrics(options: MetricsOptions): Promise<Metrics> {
  const registry = new Registry();
  registerState(registry, options);
  const meter = createMeter(registry);
  const unwatch = watchProcess(registry);
  try {
    const page = await listenForMetrics(options, {
      metrics: async () => ({ type: registry.contentType, text: await registry.metrics() }),
      trouble: options.trouble,
    });
    return {
      ...meter,
      port: page.port,
      close: async () => {
        unwatch();
        await page.close();
      },
    };
  } catch (error) {
    unwatch();
    throw error;
  }
}

/** Registers the figures that are read for each request. */
function registerState(registry: Registry, { counts, limits, state, relayedBytes }: MetricsOptions): void {
  const now = new Gauge({
    name: 'punchline_now',
    help: 'Current counts by kind: connections, rooms, waiting …',
    labelNames: ['kind'],
    registers: [],
    collect() {
      for (const [kind, count] of Object.entries(counts())) {
        this.set({ kind }, count);
      }
    },
  });
  registry.registerMetric(now);
  const limit = new Gauge({
    name: 'punchline_limit',
    help: 'The limit of a current count, by kind',
    labelNames: ['kind'],
    registers: [registry],
  });
  for (const [kind, most] of Object.entries(limits)) {
    limit.set({ kind }, most);
  }
  gaugeIn(registry, 'punchline_draining', 'Whether the server goes down: 1 or 0', () =>
    Number(state().isDraining),
  );
  if (state().isStoreUp !== undefined) {
    gaugeIn(registry, 'punchline_store_up', 'Whether the store can be used: 1 or 0', () =>
      Number(state().isStoreUp),
    );
  }
  if (state().certificateUntil !== undefined) {
    const name = 'punchline_certificate_expiry_timestamp_seconds';
    gaugeIn(registry, name, 'When the certificate expires', () => (state().certificateUntil ?? 0) / 1000);
  }
  const relayed = new Counter({
    name: 'punchline_relayed_bytes_total',
    help: 'Bytes that were relayed, in both directions',
    registers: [],
    collect() {
      this.reset();
      this.inc(relayedBytes());
    },
  });
  registry.registerMetric(relayed);
}

/** Makes the counters of events. */
function createMeter(registry: Registry): Meter {
  const registers = [registry];
  const matches = new Counter({
    name: 'punchline_matches_total',
    help: 'Matches, as told to both sides',
    registers,
  });
  const wait = new Histogram({
    name: 'punchline_match_seconds',
    help: 'From a join to its match, for each side',
    buckets: waitBuckets,
    registers,
  });
  const outcomes = new Counter({
    name: 'punchline_outcomes_total',
    help: 'How matches ended, as each side reports it; path is none if it reports none',
    labelNames: ['outcome', 'path'],
    registers,
  });
  const pairs = new Counter({
    name: 'punchline_pairs_total',
    help: 'How matches ended between two kinds of NAT, as each side reports it; the two in alphabetical order',
    labelNames: ['outcome', 'one', 'other'],
    registers,
  });
  const refusals = new Counter({
    name: 'punchline_refusals_total',
    help: 'Refused connections and joins, by limit',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of refusalReasons) {
    refusals.inc({ reason }, 0);
  }
  const bugs = new Counter({
    name: 'punchline_bugs_total',
    help: 'Clients that were dropped by a bug of the server, which the log tells',
    registers,
  });
  let sides = 0;
  return {
    matched: (ms) => {
      sides += 1;
      if (sides % 2 === 0) {
        matches.inc();
      }
      wait.observe(ms / 1000);
    },
    ended: ({ outcome, path = 'none', own, peer }) => {
      outcomes.inc({ outcome, path });
      const [one, other] = [own ?? 'unknown', peer ?? 'unknown'].toSorted();
      if (own !== undefined) {
        pairs.inc({ outcome, one, other });
      }
    },
    refused: (reason) => refusals.inc({ reason }),
    failed: () => bugs.inc(),
  };
}
