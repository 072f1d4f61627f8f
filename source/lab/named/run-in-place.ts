/** Runs a shell or a command in a place of a named lab, in this terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { continueWithProgram, signalInside } from '../host.ts';
import { hostNames } from '../plan/description.ts';
import { proxyName, proxyUrl } from '../plan/router/site-proxy.ts';
import { requireTools, toolPath } from '../tools.ts';
import { labSocket, labTools } from './lab-folder.ts';
import type { LabState } from './lab-messages.ts';
import { placeEnvironment, shellCommand, type ShellPlace } from './place-shell.ts';
import { placeIn } from './places.ts';

/**
 * Runs a command, or without one the user's shell. Resolves with its exit code.
 * Throws ERR_USAGE if there is no such host, and ERR_MISSING_TOOL.
 */
export async function runInPlace(state: LabState, host: string, command: readonly string[]): Promise<number> {
  requireTools(['nsenter', 'unshare']);
  const { enter, env, where } = placeFor(state, host);
  const words = command.length === 0 ? shellCommand(process.env['SHELL'] ?? 'sh', where) : command;
  const [file = '', ...rest] = [...enter, ...words];
  const child = spawn(file, rest, { stdio: 'inherit', env: { ...process.env, ...env } });
  continueWithProgram(child);
  // The terminal sends its signals to us and to the child. Signals from elsewhere are passed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void signalInside(child, signal));
  }
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}

/** The words before a command in a place, and what its environment tells. Throws ERR_USAGE if there is no such host. */
export function placeFor(
  state: LabState,
  host: string,
): { readonly enter: readonly string[]; readonly env: NodeJS.ProcessEnv; readonly where: ShellPlace } {
  const { enter } = placeIn(state, host);
  const where = { host, lab: state.name, tools: labTools(labSocket(state.name)) };
  const server = state.hosts.find(({ name }) => name === 'rendezvous')?.addresses[0];
  const proxy = proxyOf(state, host);
  return {
    enter,
    where,
    env: {
      ...placeEnvironment(where, toolPath),
      PUNCHLINE_SERVER: server,
      ...(proxy !== undefined && { ALL_PROXY: proxy }),
    },
  };
}

/** The proxy of the site in which a host stands. */
function proxyOf({ description, hosts }: LabState, host: string): string | undefined {
  const [site] =
    Object.entries(description.sites).find(([name, one]) => hostNames(name, one).includes(host)) ?? [];
  const address = site && hosts.find(({ name }) => name === proxyName(site))?.addresses[0];
  return address === undefined ? undefined : proxyUrl(address);
}
