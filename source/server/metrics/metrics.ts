import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Meter } from './meter.ts';
import { listenForMetrics } from './metrics-page.ts';
import { refusalReasons } from '../admission/refusal.ts';

export interface MetricsOptions {
  readonly host: string;
  readonly port: number;
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

const NS = 1e9;

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
function registerState(registry: Registry, { counts, relayedBytes }: MetricsOptions): void {
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
  };
}

/** Registers memory and the delay of the event loop. Returns a function that stops the measurement. */
function watchProcess(registry: Registry): () => void {
  function gauge(name: string, help: string, value: () => number) {
    return registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(value());
        },
      }),
    );
  }
  gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_used_bytes', 'Heap in use', () => process.memoryUsage().heapUsed);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  gauge('nodejs_eventloop_lag_p99_seconds', 'Delay of the event loop since the last request', () => {
    // There may be no sample since the last request.
    const p99 = delay.count === 0 ? 0 : delay.percentile(99) / NS;
    delay.reset();
    return p99;
  });
  return () => void delay.disable();
}
