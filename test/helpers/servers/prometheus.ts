import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { skipWithout, type Owner } from '../skip-without.ts';

/** The files for operators. */
export const deployFolder = fileURLToPath(new URL('../../../source/server/deploy/', import.meta.url));

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface Prometheus {
  /** The result of an expression now. Throws if Prometheus refuses it. */
  query(expression: string): Promise<readonly Sample[]>;
  /** The alerts that fire now, by name. */
  firing(): Promise<readonly string[]>;
  /** The expressions of all alerts, by name. Throws if one cannot be evaluated. */
  rules(): Promise<ReadonlyMap<string, string>>;
}

/** Skips the test if a program of the Debian package prometheus is missing. */
export function needPrometheus(context: Owner): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const missing = ['prometheus', 'promtool'].find(
    (name) => !folders.some((folder) => existsSync(join(folder, name))),
  );
  if (missing !== undefined) {
    skipWithout(context, `${missing} is not installed (Debian package prometheus)`);
  }
}

/**
 * Starts a real Prometheus with the configuration that we ship, which watches one server, often. It ends with the test,
 * which is skipped if there is none.
 */
export async function prometheusOrSkip(context: Owner, metricsPort: number): Promise<Prometheus> {
  needPrometheus(context);
  const folder = mkdtempSync(join(tmpdir(), 'punchline-prometheus-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const shipped = readFileSync(join(deployFolder, 'prometheus.yml'), 'utf8');
  const config = shipped.replace('127.0.0.1:9464', `127.0.0.1:${metricsPort}`).replaceAll(': 15s', ': 500ms');
  writeFileSync(join(folder, 'prometheus.yml'), config);
  copyFileSync(join(deployFolder, 'alerts.yml'), join(folder, 'alerts.yml'));
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const gone = once(child, 'exit');
  context.onTestFinished(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Server is ready to receive web requests')) {
        resolve();
      }
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`prometheus has ended: ${said}`)));
  });

  async function ask<Data>(path: string): Promise<Data> {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const answer = (await response.json()) as { data: Data; error?: string };
    if (answer.error !== undefined) {
      throw new Error(`${path}: ${answer.error}`);
    }
    return answer.data;
  }
  async function query(expression: string) {
    const { result } = await ask<{ result: Sample[] }>(`query?query=${encodeURIComponent(expression)}`);
    return result;
  }
  return {
    query,
    firing: async () =>
      (await query('ALERTS{alertstate="firing"}')).map(({ metric }) => metric['alertname'] ?? ''),
    rules: async () => {
      const { groups } = await ask<{ groups: { rules: Rule[] }[] }>('rules');
      const rules = groups.flatMap((group) => group.rules);
      const bad = rules.find(({ health }) => health !== 'ok');
      if (bad !== undefined) {
        throw new Error(`${bad.name}: ${bad.health} ${bad.lastError ?? ''}`);
      }
      return new Map(rules.map((rule) => [rule.name, rule.query]));
    },
  };
}

interface Rule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
}
