import { readFileSync } from 'node:fs';
import { labReplayOptions } from '../../options/lab-options.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { PunchlineError } from '../../../errors.ts';
import { fileTrouble } from '../../../storage/file-trouble.ts';
import { quote } from '../../../text/safe-text.ts';
import { readConfig } from '../../settings/read-config.ts';
import { WatchHistory } from '../../../lab/watch/drawing/history.ts';
import { parseRecording } from '../../../lab/watch/drawing/recording.ts';
import { screenSettings, whyLines } from '../../../ui/settings/screen-settings.ts';
import { historySource, svgOf } from '../../watching/history-source.ts';
import { openNewOutput } from '../../watching/new-output.ts';

interface LabReplayArguments extends Typed<typeof labReplayOptions> {
  readonly file: string;
}

/** `punchline lab replay`: shows a recording, without a lab. Resolves with the exit code. */
export async function runLabReplay({ file, ...args }: LabReplayArguments): Promise<number> {
  const { plain, svg } = readOptions(labReplayOptions, args);
  const events = parseRecording(readText(file), file);
  const history = new WatchHistory();
  events.forEach((event) => history.add(event));
  if (svg !== undefined) {
    const output = openNewOutput(svg);
    output.write(svgOf(history));
    output.close();
  }
  const config = await readConfig();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (plain === true || !isTerminal || whyLines({}, process.env, config, process.platform) !== undefined) {
    process.stdout.write(
      history
        .allLines()
        .map((line) => `${line}\n`)
        .join(''),
    );
    return 0;
  }
  const { showWatch } = await import('../../../ui/watch/watch-screen.tsx');
  const look = screenSettings({}, process.env, config);
  await showWatch(historySource(history, { isReplay: true }), { look, altScreen: look.altScreen });
  return 0;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PunchlineError(
      'ERR_FILE',
      `the recording ${quote(path)} cannot be read: ${fileTrouble(cause)}`,
      {
        hint: 'A recording is what punchline lab watch NAME --record FILE writes.',
        cause,
      },
    );
  }
}
