/** Other work on the machine, beside which tests have to be right as well. */
import { spawn } from 'node:child_process';

/** More than the cores of a small machine, so that every process has to wait. */
export const busyProcesses = 4;

/** Computes without a pause. It ends by itself when its parent has gone, even if that was killed. */
const busyProgram = `
  const parent = process.ppid;
  while (process.ppid === parent) {
    const until = Date.now() + 200;
    while (Date.now() < until);
  }`;

/** Starts processes that only compute. They end when it is disposed of. */
export function startLoad(): Disposable {
  const busy = Array.from({ length: busyProcesses }, () =>
    spawn(process.execPath, ['-e', busyProgram], { stdio: 'ignore' }),
  );
  return {
    [Symbol.dispose]() {
      for (const child of busy) {
        child.kill('SIGTERM');
      }
    },
  };
}
