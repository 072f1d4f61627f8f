import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Host } from '../../../source/lab/host.ts';
import { eventually } from '../eventually.ts';
import { skipWithout, type Owner } from '../skip-without.ts';

const coturn = '/usr/bin/turnserver';

/**
 * Runs coturn as a STUN server over TCP on all addresses of a host of a lab. It
 * ends with the lab. The test is skipped where coturn is not installed.
 */
export async function coturnOrSkip(context: Owner, host: Host, port: number): Promise<void> {
  if (!existsSync(coturn)) {
    skipWithout(context, 'coturn is not installed (Debian package coturn)');
  }
  const folder = mkdtempSync(join(tmpdir(), 'punchline-coturn-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const options = `-n --no-cli --no-auth --stun-only --no-udp --no-dtls --no-tls --listening-port ${port}`;
  const server = host.spawn(
    [coturn, '--log-file', 'stdout', '--pidfile', join(folder, 'pid')].concat(
      options.split(' '),
      host.addresses.flatMap((address) => ['-L', address]),
    ),
  );
  let said = '';
  server.stdout.on('data', (data) => (said += String(data)));
  server.stderr.on('data', (data) => (said += String(data)));
  let end: unknown;
  void server.exited.then((exit) => (end = exit));
  await eventually(async () => {
    expect({ end, said }).toMatchObject({ end: undefined });
    const { stdout } = await host.exec(['ss', '-Hltn']);
    for (const address of host.addresses) {
      expect(stdout).toContain(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
    }
  });
}
