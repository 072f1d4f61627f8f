import type { DoctorReport } from '../../nat/doctor-report.ts';
import { doctorSettings, type DoctorArguments, type DoctorSettings } from '../settings/doctor-settings.ts';
import { noServer } from '../settings/named-server.ts';
import { formatJsonLine } from '../../text/json-line.ts';
import { parseServer, type Server } from '../../network/endpoint.ts';
import { screenSettings, whyLines } from '../../ui/settings/screen-settings.ts';
import { diagnose } from '../../doctor/diagnose.ts';
import { readConfig } from '../settings/read-config.ts';
import { doctorText, lifetimeText } from '../../ui/lines/doctor-text.ts';
import { askServer } from '../../ui/form/start-questions.ts';
import { signals } from '../../ui/lines/until-ended.ts';
import { isTerminalGone } from '../../ui/terminal/terminal-gone.ts';

/**
 * `punchline doctor`: says what this network does to connections, and resolves
 * with the exit code. Throws ERR_USAGE, and what `diagnose` throws.
 */
export async function runDoctor(args: DoctorArguments): Promise<number> {
  const settings = doctorSettings(args, { server: process.env['PUNCHLINE_SERVER'] }, await readConfig());
  const server = settings.server ?? (await askedServer(settings));
  if (server === undefined) {
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
    await show(server, settings, interruption.signal);
    return 0;
  } catch (error) {
    if (interrupted !== undefined) {
      return interrupted;
    }
    throw error;
  }
}

async function show(server: Server, settings: DoctorSettings, signal: AbortSignal): Promise<void> {
  const { json, lifetimeUpToMs, probePort, family } = settings;
  const { stdout, stderr } = process;
  function tell(report: DoctorReport) {
    return stdout.write(doctorText(report));
  }
  const report = await diagnose({
    server,
    probePort,
    family,
    lifetimeUpToMs,
    signal,
    onReport: (known) => {
      if (json) {
        return;
      }
      tell(known);
      stdout.write('\n');
    },
    onLifetime: (idleMs, isAlive) => {
      if (stderr.isTTY) {
        stderr.write(`idle for ${idleMs / 1000} s: ${isAlive ? 'alive' : 'no answer'}\n`);
      }
    },
  });
  if (json) {
    stdout.write(formatJsonLine(report));
  } else if (report.lifetime === undefined) {
    tell(report);
  } else {
    stdout.write(lifetimeText(report.lifetime));
  }
}

/** Asks a person for the rendezvous. Resolves with undefined if they leave. Throws ERR_USAGE if nobody can be asked. */
async function askedServer({ json }: DoctorSettings): Promise<Server | undefined> {
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw noServer('');
  }
  const config = await readConfig();
  const isLines = whyLines({}, process.env, config, process.platform) !== undefined;
  const answer = await askServer(isLines ? 'lines' : { look: screenSettings({}, process.env, config) });
  return answer === undefined ? undefined : parseServer(answer);
}
