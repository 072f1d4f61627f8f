/** A tmux for programs in a lab. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { PunchlineError } from '../errors.ts';
import { ownEnvironment } from './program.ts';
import { isInstalled, toolPath } from './tools.ts';

/** Whether tmux is installed. */
export function hasTmux(): boolean {
  return isInstalled('tmux', toolPath);
}

/** A tmux of our own, apart from the user's sessions and settings. `base` is the environment of its programs. */
export function tmuxOf(socket: string, base = ownEnvironment()) {
  const options = ['-S', socket, '-f', '/dev/null'];
  const env = {
    SHELL: '/bin/sh',
    ...base,
    TERM: process.env['TERM'],
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    COLORTERM: process.env['COLORTERM'],
  };
  function run(args: readonly string[]): void {
    const { status, stderr } = spawnSync('tmux', [...options, ...args], { env, encoding: 'utf8' });
    if (status !== 0) {
      throw new PunchlineError('ERR_MISSING_TOOL', `tmux failed: ${stderr.trim()}`, {
        hint: 'It also works without tmux: add --plain.',
      });
    }
  }
  return {
    run,
    dress: (status: string): void => dress(run, status),
    attach: async (): Promise<void> => {
      await once(spawn('tmux', ['-u', ...options, 'attach-session'], { stdio: 'inherit', env }), 'exit');
    },
    end: (): void => {
      spawnSync('tmux', [...options, 'kill-server'], { env, stdio: 'ignore' });
    },
  };
}

/** How its panes look, and how people move between them. `status` is the line below. */
function dress(run: (args: readonly string[]) => void, status: string): void {
  run(['set-option', '-g', 'mouse', 'on']);
  run(['set-option', '-g', 'pane-border-status', 'top']);
  // The title of a pane will not do, because the chat sets it to the name of its peer.
  run(['set-option', '-g', 'pane-border-format', ' #{@who} ']);
  run(['set-option', '-g', 'status-left-length', '80']);
  run(['set-option', '-g', 'status-left', status]);
  run(['set-option', '-g', 'window-status-format', '']);
  run(['set-option', '-g', 'window-status-current-format', '']);
  run(['set-option', '-g', 'status-right', '"#{@host}"']);
  // The same key as in the demo. A chat does nothing with it.
  run(['bind-key', '-n', 'F6', 'select-pane', '-t', ':.+']);
  run(['set-hook', '-g', 'pane-exited', 'if-shell -F "#{==:#{window_panes},1}" kill-session']);
}
