import {
  doctorSettings,
  type DoctorArguments,
  type DoctorServer,
  type DoctorSettings,
} from '../settings/doctor-settings.ts';
import { noServer } from '../settings/named-server.ts';
import { formatJsonLine } from '../../text/json-line.ts';
import { PunchlineError } from '../../errors.ts';
import { formatHttps, formatServer, parseServer, type Server } from '../../network/endpoint.ts';
import { namedProxies } from '../../network/proxy/named-proxies.ts';
import { formatProxy, proxyFor } from '../../network/proxy/proxy.ts';
import { screenSettings, whyLines } from '../../ui/settings/screen-settings.ts';
import { twoPublicServers } from '../../connect/stun/stun-servers.ts';
import { diagnose } from '../../doctor/diagnose.ts';
import { diagnoseByStun } from '../../doctor/diagnose-by-stun.ts';
import type { DoctorReport } from '../../nat/doctor-report.ts';
import { readConfig } from '../settings/read-config.ts';
import { doctorText, lifetimeText } from '../../ui/lines/doctor-text.ts';
import { askServer } from '../../ui/form/start-questions.ts';
import { signals } from '../../ui/lines/until-ended.ts';
import { isTerminalGone } from '../../ui/terminal/terminal-gone.ts';
import { createSpinner, LiveLine, SPINNER_MS } from '../../ui/terminal/live-line.ts';
import { durationText } from '../../ui/text/wording.ts';
import { safeText } from '../../text/safe-text.ts';
import { lookOf } from '../show-text.ts';

/**
 * `punchline doctor`: says what this network does to connections, and resolves
 * with the exit code. Throws ERR_USAGE, and what `diagnose` throws.
 */
export async function runDoctor(args: DoctorArguments): Promise<number> {
  const settings = doctorSettings(args, { server: process.env['PUNCHLINE_SERVER'] }, await readConfig());
  const asked = stunServers(settings) ?? settings.server ?? (await askedServer(settings));
  if (asked === undefined) {
    return isTerminalGone(process.stdin) ? signals.SIGHUP : signals.SIGINT;
  }
  const interruption = new AbortController();
  let interrupted: number | undefined;
  for (const [signal, exit] of Object.entries(signals)) {
    // Only the first one: a second signal ends the process, as by default.
    process.once(signal, () => {
      interrupted = exit;
      interruption.abort();
    });
  }
  try {
    await show(asked, settings, interruption.signal);
    return 0;
  } catch (error) {
    if (interrupted !== undefined) {
      return interrupted;
    }
    throw 'host' in asked ? await besideProxy(error, asked) : error;
  }
}

/** A doctor who asked through a proxy would examine the proxy. So it looks past it, and may get nowhere. */
async function besideProxy(error: unknown, { host, https = false }: DoctorServer): Promise<unknown> {
  if (!(error instanceof PunchlineError) || error.code !== 'ERR_RENDEZVOUS_UNREACHABLE') {
    return error;
  }
  const proxy = proxyFor(await namedProxies(undefined, process.env), { host, isSecure: https });
  return proxy === undefined
    ? error
    : new PunchlineError(error.code, error.message, {
        hint: `A variable names the proxy ${formatProxy(proxy)}, and the doctor has to look past it. Where nothing else leads out, "punchline chat" goes through it, and is relayed.`,
        cause: error,
      });
}

/** Undefined if a rendezvous is to be asked. */
function stunServers({ stun }: DoctorSettings): readonly Server[] | undefined {
  return stun && [...stun.named, ...(stun.isPublic ? twoPublicServers() : [])];
}

/** Asks a rendezvous or several STUN servers, and prints the report. */
async function show(
  asked: DoctorServer | readonly Server[],
  settings: DoctorSettings,
  signal: AbortSignal,
): Promise<void> {
  const { json, lifetimeUpToMs, probePort, family } = settings;
  const { stdout, stderr } = process;
  const config = await readConfig();
  const look = screenSettings({}, process.env, config);
  const why = whyLines({}, process.env, config, process.platform);
  const text = {
    ...lookOf(stdout),
    marks: why === 'screen-reader' ? 'words' : look.ascii ? 'ascii' : 'unicode',
  } as const;
  let activity = askingText(asked);
  const spinner = createSpinner(look);
  // The report may go into a file, and the person still waits in front of the terminal.
  const line =
    stderr.isTTY && why === undefined
      ? new LiveLine({
          stream: stderr,
          text: () => `${spinner()} ${activity}`,
          atMostEveryMs: SPINNER_MS,
          isMoving: !look.reducedMotion,
        })
      : undefined;
  if (line === undefined && stderr.isTTY) {
    stderr.write(`${activity}.\n`);
  }
  function onReport(known: DoctorReport) {
    activity = `Leaving connections idle, for up to ${durationText(lifetimeUpToMs ?? 0)}`;
    if (json) {
      return;
    }
    // Erased first: the report may go to the same terminal.
    line?.erase();
    stdout.write(`${doctorText(known, text)}\n`);
    line?.refresh();
  }
  function onLifetime(idleMs: number, isAlive: boolean) {
    activity = `Idle for ${idleMs / 1000} s: ${isAlive ? 'alive' : 'no answer'}; up to ${(lifetimeUpToMs ?? 0) / 1000} s`;
    if (line === undefined && stderr.isTTY) {
      stderr.write(`idle for ${idleMs / 1000} s: ${isAlive ? 'alive' : 'no answer'}\n`);
    }
    line?.refresh();
  }
  try {
    const report = await ('host' in asked
      ? diagnose({
          server: asked,
          https: asked.https,
          probePort,
          family,
          lifetimeUpToMs,
          signal,
          onReport,
          onLifetime,
        })
      : diagnoseByStun({ servers: asked, family, signal }));
    line?.end();
    if (json) {
      stdout.write(formatJsonLine(report));
    } else {
      stdout.write(report.lifetime === undefined ? doctorText(report, text) : lifetimeText(report.lifetime));
    }
  } finally {
    line?.end();
  }
}

function askingText(asked: DoctorServer | readonly Server[]): string {
  return 'host' in asked
    ? `Asking ${safeText(asked.https === true ? formatHttps(asked) : formatServer(asked))} what it sees of this network`
    : `Asking ${asked.map(({ host }) => safeText(host)).join(' and ')} what they see of this network`;
}

/** Asks a person for the rendezvous. Resolves with undefined if they leave. Throws ERR_USAGE if nobody can be asked. */
async function askedServer({ json }: DoctorSettings): Promise<DoctorServer | undefined> {
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw noServer();
  }
  const config = await readConfig();
  const isLines = whyLines({}, process.env, config, process.platform) !== undefined;
  const answer = await askServer(isLines ? 'lines' : { look: screenSettings({}, process.env, config) });
  return answer === undefined ? undefined : parseServer(answer);
}
