import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { spawn } from '@lydell/node-pty';
import { median, type Figure } from './figure.ts';

const RUNS = 15;
/** A text of the first frame, on the alternate screen. */
export const firstFrameText = /\[\?1049h[^]*rendezvous/i;

/** The start-up times, as ratios to `node -e 0` in the same run: absolute times say little on a shared machine. */
export async function startUp(): Promise<Figure[]> {
  const bare: number[] = [];
  const version: number[] = [];
  const bareInTerminal: number[] = [];
  const firstFrame: number[] = [];
  // The server accepts and says nothing, so the screen stays at its first frame.
  const server = createServer((socket) => socket.on('error', () => socket.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const chat = ['dist/punchline.cjs', 'chat', '-s', `127.0.0.1:${port}`];
  // The first start fills the compile cache for the later ones.
  await untilOutput(process.execPath, chat, firstFrameText);
  for (let run = 0; run < RUNS; run += 1) {
    bare.push(timed(['-e', '0']));
    version.push(timed(['dist/punchline.cjs', '--version']));
    bareInTerminal.push(await untilOutput(process.execPath, ['-e', '0'], undefined));
    firstFrame.push(await untilOutput(process.execPath, chat, firstFrameText));
  }
  server.close();
  return [
    { name: 'start-up: --version, ratio to node -e 0', value: median(version) / median(bare), atMost: 1.5 },
    {
      name: "start-up: the chat's first frame, ratio to node -e 0",
      value: median(firstFrame) / median(bareInTerminal),
      atMost: 4.5,
    },
  ];
}

function timed(args: readonly string[]): number {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) {
    throw new Error(`node ${args.join(' ')} ended with ${status}`);
  }
  return performance.now() - startedAt;
}

/**
 * The time from the start in a pseudo-terminal until the output matches, or
 * without a pattern until the process has ended.
 */
export function untilOutput(
  command: string,
  args: readonly string[],
  pattern: RegExp | undefined,
): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const terminal = spawn(command, [...args], { cols: 80, rows: 24 });
    let output = '';
    let ms: number | undefined;
    terminal.onData((data) => {
      output += data;
      if (ms !== undefined || pattern === undefined || !pattern.test(output)) {
        return;
      }
      ms = performance.now() - startedAt;
      terminal.kill('SIGTERM');
    });
    terminal.onExit(() => {
      if (pattern === undefined) {
        resolve(performance.now() - startedAt);
      } else if (ms === undefined) {
        reject(new Error(`no frame came; the output was ${JSON.stringify(output.slice(-500))}`));
      } else {
        resolve(ms);
      }
    });
  });
}
