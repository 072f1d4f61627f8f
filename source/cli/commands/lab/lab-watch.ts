import { formatJsonLine } from '../../../text/json-line.ts';
import { labWatchOptions } from '../../options/lab-options.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { PunchlineError, usageError } from '../../../errors.ts';
import { readConfig } from '../../settings/read-config.ts';
import { askLab, listLabs } from '../../../lab/named/lab-client.ts';
import { FoldedLines } from '../../../lab/watch/drawing/fold-lines.ts';
import { WatchHistory } from '../../../lab/watch/drawing/history.ts';
import { watchLine } from '../../../lab/watch/drawing/watch-lines.ts';
import { mapLab } from '../../../lab/watch/lab-map.ts';
import { PacketFile } from '../../../lab/watch/packet-file.ts';
import { watchLab, type WatchableLab } from '../../../lab/watch/watch-lab.ts';
import type { WatchEvent } from '../../../lab/watch/watch-events.ts';
import { signals } from '../../../ui/lines/until-ended.ts';
import { screenSettings, whyLines } from '../../../ui/settings/screen-settings.ts';
import { historySource, svgOf } from '../../watching/history-source.ts';
import { type NewOutput, openNewOutput } from '../../watching/new-output.ts';

interface LabWatchArguments extends Typed<typeof labWatchOptions> {
  readonly name: string;
}

/** How often what has waited is written. */
const LOOK_EVERY_MS = 250;

/** Something that takes the events of a watch. */
interface Face {
  readonly take: (event: WatchEvent) => void;
  readonly look?: (now: number) => void;
  /** Shows them until the user quits. Only a screen does. */
  readonly show?: (signal: AbortSignal) => Promise<void>;
}

/** `punchline lab watch`: until the user quits, a signal, or the end of the lab. Resolves with the exit code. */
export async function runLabWatch({ name, ...args }: LabWatchArguments): Promise<number> {
  const options = readOptions(labWatchOptions, args);
  const { json, pcapng, plain, record, svg } = options;
  if (json === true && plain === true) {
    throw usageError('--plain and --json exclude each other', 'Leave one of them out.');
  }
  const lab = await askLab(name, { do: 'show' });
  // The files are made first, so that a wrong name is told at once.
  const outputs = { record: opened(record), pcapng: opened(pcapng), svg: opened(svg) };
  const ending = new AbortController();
  const forget = endOnSignals(ending);
  try {
    const history = await watch(lab, await chooseFace(lab, options), outputs, ending);
    outputs.svg?.write(svgOf(history));
  } finally {
    forget();
    Object.values(outputs).forEach((output) => output?.close());
  }
  return 0;
}

function opened(path: string | undefined): NewOutput | undefined {
  return path === undefined ? undefined : openNewOutput(path);
}

/** A signal ends the watch, and a second one the process. It is the ordinary end of a watch without a screen. */
function endOnSignals(ending: AbortController): () => void {
  const listeners = Object.entries(signals).map(([signal, exit]) => {
    function end(): void {
      if (ending.signal.aborted) {
        process.exit(exit);
      }
      ending.abort();
    }
    process.on(signal, end);
    return () => process.off(signal, end);
  });
  // The reader of our output is gone.
  process.stdout.once('error', () => ending.abort());
  return () => listeners.forEach((remove) => remove());
}

/** Watches until the end. Resolves with all that was told. */
async function watch(
  lab: WatchableLab,
  face: Face & { readonly history: WatchHistory },
  outputs: { readonly record: NewOutput | undefined; readonly pcapng: NewOutput | undefined },
  ending: AbortController,
): Promise<WatchHistory> {
  const { pcapng, record } = outputs;
  const packets = pcapng && new PacketFile(mapLab(lab.description), (chunk) => pcapng.write(chunk));
  const watching = await watchLab(lab, {
    signal: ending.signal,
    onEvent: (event) => {
      record?.write(formatJsonLine(event));
      face.take(event);
    },
    ...(packets && { onRaw: (raw) => packets.add(raw) }),
  });
  function look(now: number): void {
    packets?.look(now);
    face.look?.(now);
  }
  const timer = setInterval(() => look(Date.now()), LOOK_EVERY_MS);
  try {
    if (face.show === undefined) {
      await watching.ended;
      await expectEnd(lab.name, ending.signal);
    } else {
      // The end of the lab leaves the screen, so that its last packets can be read.
      await face.show(ending.signal);
    }
  } finally {
    clearInterval(timer);
    await watching.close();
    look(Infinity);
  }
  return face.history;
}

/** Throws ERR_NETWORK if a watch has ended while its lab is still there. */
async function expectEnd(name: string, { aborted }: AbortSignal): Promise<void> {
  const isThere = !aborted && (await listLabs()).some((lab) => lab.name === name);
  if (isThere) {
    throw new PunchlineError('ERR_NETWORK', 'the watch has ended, because one of its captures has', {
      hint: 'Start it again: somebody may have ended tcpdump, conntrack or nft in a router.',
    });
  }
}

async function chooseFace(
  lab: WatchableLab,
  { json, plain }: Pick<LabWatchArguments, 'json' | 'plain'>,
): Promise<Face & { readonly history: WatchHistory }> {
  const history = new WatchHistory(lab.name);
  const config = await readConfig();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (json === true) {
    return {
      history,
      take: (event) => {
        history.add(event);
        process.stdout.write(formatJsonLine(event));
      },
    };
  }
  if (plain === true || !isTerminal || whyLines({}, process.env, config, process.platform) !== undefined) {
    const lines = new FoldedLines((one) => process.stdout.write(`${watchLine(one, history.start)}\n`));
    return {
      history,
      take: (event) => {
        history.add(event);
        lines.add(event, Date.now());
      },
      look: (now) => lines.look(now),
    };
  }
  const source = historySource(history, { isReplay: false });
  return {
    history,
    take: (event) => {
      history.add(event);
      source.changed();
    },
    show: async (signal) => {
      const { showWatch } = await import('../../../ui/watch/watch-screen.tsx');
      const look = screenSettings({}, process.env, config);
      await showWatch(source, { look, altScreen: look.altScreen, signal });
    },
  };
}
