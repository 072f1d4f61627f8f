import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Meter } from './meter.ts';
import { listenForMetrics } from './metrics-page.ts';
import { refusalReasons } from '../admission/refusal.ts';

export interface MetricsOptions {
  readonly host: string;
  readonly port: number;
  /** What there is at this moment, by name. */
  readonly counts: () => Readonly<Record<string, number>>;
  /** Bytes that were relayed since the start. */
  readonly relayedBytes: () => number;
  /** Why clients had better not come; undefined while all is well. */
  readonly trouble: () => string | undefined;
}

export interface Metrics extends Meter {
  readonly port: number;
  close(): Promise<void>;
}

/** From a match at once to one who has waited for a day, in seconds. */
const waitBuckets = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800, 3600, 86_400];

const NS = 1e9;

/**
 * Prometheus metrics of one server, in a registry of their own. No label takes
 * its value from a client but from a list of ours. Throws what `listen` throws.
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

/** What the server is asked for whenever somebody looks. */
function registerState(registry: Registry, { counts, relayedBytes }: MetricsOptions): void {
  const now = new Gauge({
    name: 'punchline_now',
    help: 'What there is at this moment, by kind: connections, rooms, waiting …',
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

/** What the server tells as it happens. */
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
    help: 'How matches ended, as each side reports it; path is none where it told none',
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

/** Memory, and how late the event loop is. Returns what ends the watch. */
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
  gauge('nodejs_eventloop_lag_p99_seconds', 'Delay of the event loop since it was last asked for', () => {
    // Of an interval without a sample there is nothing to tell.
    const p99 = delay.count === 0 ? 0 : delay.percentile(99) / NS;
    delay.reset();
    return p99;
  });
  return () => void delay.disable();
}
