/** The files for operators, against a real server, a real Prometheus and its promtool. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, type TestContext } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { startServer } from '../../helpers/programs/punchline.ts';
import { makeCertificate } from '../../helpers/servers/certificates.ts';
import { deployFolder, needPrometheus, prometheusOrSkip } from '../../helpers/servers/prometheus.ts';
import { redisOrSkip } from '../../helpers/servers/redis-server.ts';
import { WireClient } from '../../helpers/servers/wire-client.ts';

interface Target {
  readonly expr: string;
  readonly refId: string;
  readonly legendFormat: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly unit: string } };
  readonly targets: readonly Target[];
}

interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
  readonly panels: readonly Panel[];
}

const dashboard = JSON.parse(readFileSync(join(deployFolder, 'dashboard.json'), 'utf8')) as Dashboard;
const alerts = readFileSync(join(deployFolder, 'alerts.yml'), 'utf8');
const runbook = readFileSync(join(deployFolder, '../runbook.md'), 'utf8');
/** Grafana knows these units, and those of the panels are among them. */
const units = ['none', 'short', 's', 'ops', 'Bps', 'bytes', 'percentunit', 'dateTimeAsIso'];
/** A report of a client. */
const failed = { t: 'done', outcome: 'failed', own: 'random', peer: 'counting' } as const;

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}

function promtool(words: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync('promtool', words, { input, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

/** An expression of the dashboard, with what Grafana puts in the place of its variables. */
function filledIn(expression: string): string {
  return expression
    .replaceAll('$job', 'punchline')
    .replaceAll('$instance', '.+')
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '5m');
}

/** A server that has all that a metric can be about. */
async function startFullServer(context: TestContext) {
  const { url } = await redisOrSkip(context);
  const { certificate, key } = makeCertificate(context);
  const files = ['--tls-cert', certificate, '--tls-key', key];
  const few = ['--max-connections-per-address', '2'];
  const server = await startServer(['--metrics', '0', '--store', url, ...few, ...files]);
  const [, metricsPort = ''] = await server.process.waitForText(/"metricsPort":(\d+)/);
  async function page() {
    return (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  }
  /** Some clients report that they failed, and the last one is refused. */
  async function fail() {
    await eventually(async () => expect(await page()).toContain('punchline_now{kind="connections"} 0\n'));
    const clients = [await WireClient.connect(server.port), await WireClient.connect(server.port)];
    for (const client of clients) {
      client.send(failed, { t: 'ping' });
      await client.expect('pong');
    }
    const refused = await WireClient.connect(server.port);
    expect(await refused.expect('error')).toMatchObject({ code: 'ERR_RENDEZVOUS_REFUSED' });
    for (const { socket } of [...clients, refused]) {
      socket.destroy();
    }
  }
  return {
    metricsPort: Number(metricsPort),
    fail,
    page,
  };
}

test('promtool accepts the rules and the configuration, and each rule fires when it should', (context) => {
  needPrometheus(context);
  expect(promtool(['check', 'config', join(deployFolder, 'prometheus.yml')])).toMatchObject({ status: 0 });
  const rules = promtool(['check', 'rules', join(deployFolder, 'alerts.yml')]);
  expect(rules).toMatchObject({ status: 0, said: expect.stringContaining('rules found') });
  const file = fileURLToPath(new URL('alerts.test.yml', import.meta.url));
  expect(promtool(['test', 'rules', file])).toMatchObject({ status: 0 });
  // Each alert is expected to fire there.
  const tested = new Set(namesIn(readFileSync(file, 'utf8'), /alertname: (\w+)\n/g));
  expect([...tested].toSorted()).toEqual(namesIn(alerts, /- alert: (\w+)/g).toSorted());
});

test('the runbook has a heading for each alert, in their order', () => {
  expect(namesIn(alerts, /- alert: (\w+)/g)).toEqual(namesIn(runbook, /^### (Punchline\w+)$/gm));
});

test('the dashboard can be imported: it has panels with a place, a unit, and the data source that is chosen', () => {
  const { panels, schemaVersion, templating, title, uid } = dashboard;
  expect([title, uid]).toEqual(['Punchline rendezvous', 'punchline-rendezvous']);
  expect(schemaVersion).toBeGreaterThanOrEqual(36);
  expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { datasource, fieldConfig, gridPos, targets } of panels) {
    expect(units).toContain(fieldConfig.defaults.unit);
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let cell = 0; cell < gridPos.w * gridPos.h; cell += 1) {
      const place = `${gridPos.x + (cell % gridPos.w)},${gridPos.y + Math.floor(cell / gridPos.w)}`;
      expect(taken).not.toContain(place);
      taken.add(place);
    }
    expect(targets.map(({ refId }) => refId)).toEqual(['A', 'B', 'C'].slice(0, targets.length));
    for (const source of [datasource, ...targets.map((target) => target.datasource)]) {
      expect(source).toEqual({ type: 'prometheus', uid: `\${datasource}` });
    }
  }
  const defined = new Set([...templating.list.map(({ name }) => name), '__rate_interval', '__range']);
  const used = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr, /\$(\w+)/g)));
  expect(used.filter((name) => !defined.has(name))).toEqual([]);
});

test('promtool accepts the metrics, and Prometheus finds in them all that the dashboard and the alerts ask for', async (context) => {
  needPrometheus(context);
  const server = await startFullServer(context);
  await server.fail();
  const page = await server.page();
  expect(promtool(['check', 'metrics'], page)).toEqual({ status: 0, said: '' });

  const prometheus = await prometheusOrSkip(context, server.metricsPort);
  const rules = await eventually(() => prometheus.rules());
  expect([...rules.keys()]).toEqual(namesIn(alerts, /- alert: (\w+)/g));
  const ofDashboard = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => filledIn(expr)));
  const variables = JSON.stringify(dashboard.templating);
  const all = [...ofDashboard, ...rules.values(), variables].join('\n');
  const exported = namesIn(page, /^# TYPE (\w+)/gm);
  const names = new Set(exported.flatMap((name) => [name, `${name}_bucket`]));
  const asked = namesIn(all, /\b((?:punchline|process|nodejs)_\w+)/g);
  expect(asked.filter((name) => !names.has(name))).toEqual([]);
  // And every metric of ours is shown or watched.
  expect(exported.filter((name) => !all.includes(name))).toEqual([]);
  for (const [, label = '', values = ''] of all.matchAll(/\b(kind|reason|outcome)(?:=~?|!=)"([^"]+)"/g)) {
    for (const value of values.split('|')) {
      expect(page).toContain(`${label}="${value}"`);
    }
  }

  await eventually(async () => expect(await prometheus.query('punchline_pairs_total')).toHaveLength(1));
  await server.fail();
  await eventually(async () => {
    const found = await Promise.all(ofDashboard.map((expression) => prometheus.query(expression)));
    expect(ofDashboard.filter((_, index) => found[index]?.length === 0)).toEqual([]);
  });
  // The certificate is good for two days.
  expect(await prometheus.firing()).toEqual(['PunchlineCertificateExpires']);
});

test('an alert fires when the file descriptors of a server are used up', async (context) => {
  needPrometheus(context);
  const under = ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'];
  const server = await startServer(['--metrics', '0', '--log-level', 'silent'], { under });
  const [, metricsPort] = await server.process.waitForText(/"metricsPort":(\d+)/);
  const prometheus = await prometheusOrSkip(context, Number(metricsPort));
  // The count has to be seen before it grows.
  const counter = 'punchline_refusals_total{reason="descriptors"}';
  await eventually(async () =>
    expect((await prometheus.query(counter)).map(({ value }) => value[1])).toEqual(['0']),
  );
  expect((await prometheus.query('process_max_fds')).map(({ value }) => value[1])).toEqual(['64']);
  for (let guest = 0; guest < 100; guest += 1) {
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
    socket.write(' ');
    onTestFinished(() => void socket.destroy());
  }
  await eventually(async () => expect(await prometheus.firing()).toEqual(['PunchlineDescriptorsExhausted']));
});
