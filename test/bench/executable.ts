import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExecutables } from '../helpers/programs/executable.ts';
import { median, type Figure } from './figure.ts';
import { firstFrameText, untilOutput } from './start-up.ts';

const RUNS = 15;

/** The time to the chat's first frame of a single executable, as a ratio to that of the command of the package. */
export async function executable(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-executable-'));
  try {
    const name = `punchline-linux-${process.arch}`;
    const { status, stderr } = buildExecutables(folder, name);
    if (status !== 0) {
      throw new Error(stderr);
    }
    // The server accepts and says nothing, so the screen stays at its first frame.
    const server = createServer((socket) => socket.on('error', () => socket.destroy()));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const chat = ['chat', '-s', `127.0.0.1:${(server.address() as AddressInfo).port}`];
    const ofPackage: number[] = [];
    const ofExecutable: number[] = [];
    // The first start of each fills its cache of compiled code.
    for (let run = 0; run <= RUNS; run += 1) {
      ofPackage.push(await untilOutput(process.execPath, ['dist/punchline.cjs', ...chat], firstFrameText));
      ofExecutable.push(await untilOutput(join(folder, name), chat, firstFrameText));
    }
    server.close();
    return [
      {
        name: "executable: the chat's first frame, ratio to the command of the package",
        value: median(ofExecutable.slice(1)) / median(ofPackage.slice(1)),
        atMost: 1.3,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
