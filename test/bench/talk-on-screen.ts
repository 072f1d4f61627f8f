import { spawn as spawnProcess, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type IPty, spawn } from '@lydell/node-pty';

const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));

export interface TalkOnScreen extends AsyncDisposable {
  /** The chat on the screen. */
  readonly terminal: IPty;
  /** The peer says this, one message a line. */
  readonly say: (lines: string) => void;
  /**
   * Resolves as soon as the terminal is sent all of this text, from now on. Of a row
   * only what has changed is sent: it is to stand nowhere else on the screen.
   */
  readonly shown: (text: string) => Promise<void>;
}

/** A chat in a pseudo-terminal of 80 × 24, connected to one that a program drives, over loopback. */
export async function openTalkOnScreen(): Promise<TalkOnScreen> {
  const server = spawnProcess(
    process.execPath,
    [program, 'serve', '--port', '0', '--host', '127.0.0.1', '--log-level', 'silent'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const { port } = JSON.parse(String(line)) as { port: number };
  const options = ['chat', '--server', `127.0.0.1:${port}`, '--code', '5000-velvet-orbit', '--no-lan'];
  const terminal = spawn(process.execPath, [program, ...options], {
    name: 'xterm-256color',
    cols: 80,
    rows: 24,
    env: { ...process.env, LANG: 'C.UTF-8' },
  });
  const waiting = new Set<(data: string) => void>();
  terminal.onData((data) => {
    for (const look of waiting) {
      look(data);
    }
  });
  function shown(text: string): Promise<void> {
    return new Promise((resolve) => {
      // What may be the beginning of the text: the output itself has megabytes.
      let rest = '';
      function look(data: string): void {
        rest += data;
        if (rest.includes(text)) {
          waiting.delete(look);
          resolve();
        }
        rest = rest.slice(-text.length);
      }
      waiting.add(look);
    });
  }
  const peer: ChildProcess = spawnProcess(
    process.execPath,
    [program, ...options, '--name', 'anna', '--json'],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  );
  await shown('with anna');
  return {
    terminal,
    say: (lines) => void peer.stdin!.write(lines),
    shown,
    [Symbol.asyncDispose]: async () => {
      const ended = Promise.all([once(peer, 'exit'), new Promise((resolve) => terminal.onExit(resolve))]);
      peer.kill('SIGKILL');
      terminal.kill('SIGKILL');
      await ended;
      server.kill('SIGKILL');
    },
  };
}
