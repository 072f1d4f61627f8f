/** The real servers of magic-wormhole, which run in Debian's Twisted. Each takes a free port by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../../../source/lab/host.ts';
import { skipWithout, type Owner } from '../skip-without.ts';

export interface TwistedServer {
  readonly port: number;
  kill(): Promise<void>;
}

const modules = '/usr/lib/python3/dist-packages';

/** Why there is no mailbox server to test with. Undefined if there is one. */
export function missingMailbox(): string | undefined {
  return existsSync(join(modules, 'wormhole_mailbox_server'))
    ? undefined
    : 'the mailbox server of magic-wormhole is not installed (Debian package python3-magic-wormhole-mailbox-server)';
}

/** Why there is no transit relay to test with. Undefined if there is one. */
export function missingTransit(): string | undefined {
  return existsSync(join(modules, 'wormhole_transit_relay'))
    ? undefined
    : 'the transit relay of magic-wormhole is not installed (Debian package magic-wormhole-transit-relay)';
}

/** The arguments of a mailbox server. `endpoint` is in Twisted's language; by default any port of loopback. */
export function mailboxArguments(
  endpoint = 'tcp:0:interface=127.0.0.1',
  more: readonly string[] = [],
): readonly string[] {
  return ['wormhole-mailbox', `--port=${endpoint}`, '--channel-db=:memory:', ...more];
}

/** The arguments of a transit relay. */
export function transitArguments(endpoint = 'tcp:0:interface=127.0.0.1'): readonly string[] {
  return ['transitrelay', `--port=${endpoint}`];
}

/** A real mailbox server that ends with the test. The test is skipped if there is none. */
export function mailboxOrSkip(
  context: Owner,
  endpoint?: string,
  more?: readonly string[],
): Promise<TwistedServer> {
  const reason = missingMailbox();
  return reason === undefined
    ? startTwisted(context, mailboxArguments(endpoint, more))
    : skipWithout(context, reason);
}

/** A real transit relay that ends with the test. The test is skipped if there is none. */
export function transitOrSkip(context: Owner): Promise<TwistedServer> {
  const reason = missingTransit();
  return reason === undefined ? startTwisted(context, transitArguments()) : skipWithout(context, reason);
}

/** What Twisted logs once it listens: `PrivacyEnhancedSite starting on 45161`. */
const listening = /(?:Site|Transit)(?: \(TLS\))? starting on (\d+)/;

async function startTwisted(context: Owner, args: readonly string[]): Promise<TwistedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-twisted-'));
  const child = spawn('twist3', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit');
  async function kill() {
    child.kill('SIGKILL');
    await exit;
    rmSync(folder, { recursive: true, force: true });
  }
  context.onTestFinished(kill);
  let said = '';
  const port = await new Promise<number>((resolve, reject) => {
    function hear(text: string) {
      said += text;
      const [, found] = listening.exec(said) ?? [];
      if (found !== undefined) {
        resolve(Number(found));
      }
    }
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`twist3 has ended: ${said}`)));
  });
  return { port, kill };
}

/** Starts one in a host of a lab, with which it ends. Resolves when it listens. */
export async function startTwistedInside(host: Host, args: readonly string[]): Promise<void> {
  const child = host.spawn(['twist3', ...args]);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        said += String(data);
        if (listening.test(said)) {
          resolve();
        }
      });
    }
    void child.exited.then(() => reject(new Error(`twist3 has ended: ${said}`)));
  });
}
