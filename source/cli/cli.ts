/** The process of the program: its streams, its signals and its end. */
import { writeSync } from 'node:fs';
import { FILES_MISSING_EXIT } from '../errors.ts';
import { bugLines, failureLines } from '../text/failure-lines.ts';
import { endByItsSignal } from '../ui/terminal/terminal-gone.ts';
import { programVersion, runLine } from './run-line.ts';
import { wholeOutput } from './whole-output.ts';

/** How long a last packet or a closing socket may keep the process alive after its work is done. */
const LAST_MOMENTS_MS = 3000;

// Node would also show the line of code, which has 30 KB in a bundle.
process.on('uncaughtException', (error) => {
  try {
    writeSync(process.stderr.fd, bugLines(error, programVersion()));
  } catch {
    // A full disk takes no more. The exit code still says it.
  }
  try {
    process.exit(1);
  } catch {
    // A screen that cannot be drawn throws again when it is taken down.
    process.exit(1);
  }
});
// The reader of our output is gone. Commands that only write for a reader listen too, and end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => undefined);
}
process.on('exit', endByItsSignal);
const outputFailure = wholeOutput(process.stdout);
const { complaint, exitCode } = await runLine(process.argv.slice(2));
process.exitCode = exitCode;
if (complaint !== '') {
  process.stderr.write(complaint);
}
function leaveSoon() {
  return setTimeout(() => process.exit(), LAST_MOMENTS_MS).unref();
}
// After a signal, do not wait for a reader.
if (process.exitCode > 128) {
  leaveSoon();
}
// A slow reader gets everything, up to the last line.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
);
const failure = outputFailure();
if (failure !== undefined) {
  process.stderr.write(failureLines(failure));
  if (process.exitCode === 0 || process.exitCode === FILES_MISSING_EXIT) {
    process.exitCode = failure.exitCode;
  }
}
leaveSoon();
