import { spawn as spawnProcess, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type IPty, spawn } from '@lydell/node-pty';

const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));

export interface TalkOnScreen extends AsyncDisposable {
  /** The terminal of the chat with a screen. */
  readonly terminal: IPty;
  /** Makes the peer send this text, one message per line. */
  readonly say: (lines: string) => void;
  /**
   * Resolves as soon as this text was sent to the terminal. Only changed parts
   * of a row are sent, so the text must not be anywhere else on the screen.
   */
  readonly shown: (text: string) => Promise<void>;
}

/**
 * Opens a chat in a pseudo-terminal of 80 × 24, connected over loopback to one
 * without a screen, which the bench controls.
 */
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
      // The end of the output that may be the beginning of the text. The whole output would be megabytes.
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
