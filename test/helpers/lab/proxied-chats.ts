/** Chats in a lab of which some go through a proxy. */
import type { TestContext } from 'vitest';
import type { Site } from '../../../source/lab/plan/description.ts';
import { labOrSkip } from './lab.ts';
import { needProxies } from './proxies.ts';
import { runPunchline, type PunchlineInside } from './punchline-inside.ts';

export const ordinary: Site = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  line: { delayMs: 10 },
};
export const counting: Site = { ...ordinary, mapping: 'address-and-port-dependent', ports: 'sequential' };
/** Nothing but its proxy gets out. */
export const walled: Site = { ...ordinary, proxied: true };
/** In its network stands a proxy, and direct connections get out, too. */
export const company: Site = { ...ordinary, hosts: ['company', 'proxy-host'] };

/** A lab with a rendezvous, in which chats end with the test. */
export async function startProxied(context: TestContext, sites: Readonly<Record<string, Site>>) {
  needProxies(context, 'dante-server');
  const lab = await labOrSkip(context, { sites });
  const { rendezvous } = lab.hosts;
  const { port } = await runPunchline(rendezvous!, ['serve']).line('listening');
  return {
    lab,
    server: `${rendezvous!.addresses[0]}:${String(port)}`,
    run: (host: string, args: readonly string[], under: readonly string[] = []) => {
      const program = runPunchline(lab.hosts[host]!, ['chat', '--json', '--name', host, ...args], under);
      context.onTestFinished(() => void program.kill('SIGKILL'));
      return program;
    },
  };
}

type Started = Awaited<ReturnType<typeof startProxied>>;

/** One side waits, and the other joins it. Resolves once both have heard each other. */
export async function meet(
  { run, server }: Started,
  waiting: readonly [host: string, ...args: string[]],
  joining: readonly [host: string, ...args: string[]],
) {
  const first = run(waiting[0], ['--server', server, ...waiting.slice(1)]);
  const { invite } = await first.line('invite');
  await first.line('rendezvous', ({ state }) => state === 'waiting');
  const second = run(joining[0], [String(invite), ...joining.slice(1)]);
  return talk(first, second);
}

export async function talk(first: PunchlineInside, second: PunchlineInside) {
  const connected = { first: await first.line('connected'), second: await second.line('connected') };
  first.type('from the first');
  second.type('from the second');
  await second.line('message', ({ from, text }) => from === 'peer' && text === 'from the first');
  await first.line('message', ({ from, text }) => from === 'peer' && text === 'from the second');
  return { first, second, connected };
}
