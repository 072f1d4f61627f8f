import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import { countOpenFiles, openFilesLimit } from '../sockets/open-files.ts';

const NS = 1e9;
const US = 1e6;

/** Registers a gauge that is read for each request. Without a value, nothing is shown. */
export function gaugeIn(
  registry: Registry,
  name: string,
  help: string,
  read: () => number | undefined | Promise<number | undefined>,
): void {
  const gauge = new Gauge({
    name,
    help,
    registers: [],
    async collect() {
      const value = await read();
      if (value === undefined) {
        this.remove();
      } else {
        this.set(value);
      }
    },
  });
  registry.registerMetric(gauge);
}

/**
 * Registers what Prometheus knows of most programs, under the usual names, and the delay of the event loop. Returns a
 * function that stops the measurement.
 */
export function watchProcess(registry: Registry): () => void {
  gaugeIn(registry, 'process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  gaugeIn(registry, 'nodejs_heap_size_used_bytes', 'Heap in use', () => process.memoryUsage().heapUsed);
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  gaugeIn(registry, 'process_start_time_seconds', 'When the process started', () => startedAt);
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Time of processors that was used',
    registers: [],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / US);
    },
  });
  registry.registerMetric(cpu);
  const mostFiles = openFilesLimit();
  if (mostFiles !== undefined) {
    gaugeIn(registry, 'process_max_fds', 'The limit of open files and connections', () => mostFiles);
    gaugeIn(registry, 'process_open_fds', 'Open files and connections', countOpenFiles);
  }
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  gaugeIn(
    registry,
    'nodejs_eventloop_lag_p99_seconds',
    'Delay of the event loop since the last request',
    () => {
      // There may be no sample since the last request.
      const p99 = delay.count === 0 ? 0 : delay.percentile(99) / NS;
      delay.reset();
      return p99;
    },
  );
  return () => void delay.disable();
}
