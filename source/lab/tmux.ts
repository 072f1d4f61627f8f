/** Shows a meeting in a lab to a person: a rendezvous and two chats in panes of tmux. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PunchlineError } from '../errors.ts';
import type { Host } from './host.ts';
import { labChat, type ChatWords } from './matrix/meeting.ts';
import type { Try } from './matrix/try.ts';
import { hostIn, proxyIn, type Hosts } from './lab.ts';
import { labTempFolder } from './named/lab-folder.ts';
import { ownCommand } from './program.ts';
import { tmuxOf } from './tmux-session.ts';

/** The words need not be secret, because nobody else is in the lab. */
const code = '1000-velvet-orbit';
const PORT = 8877;

/** Bounds the wait until the rendezvous listens: ten seconds in all. */
const LISTEN_TRIES = 200;
const LISTEN_PAUSE_MS = 50;

/**
 * Writes the exit code of a chat into a file, and keeps its last lines on the
 * screen until Enter. A chat that was killed (137) has lost its lab, so its pane
 * closes at once.
 */
const chatScript =
  '"$@"; code=$?; echo $code > "$0"; case $code in 0|137) ;; *) printf "\\nExit %s. Press Enter. " $code; read -r _;; esac';

/** Shows the meeting until both chats have ended or the user leaves. Resolves with the higher exit code of the two. */
export async function showInTmux(
  lab: Hosts,
  { hosts, titles, ...words }: Pick<Try, 'hosts' | 'titles'> & ChatWords,
): Promise<number> {
  const folder = labTempFolder();
  const tmux = tmuxOf(join(folder, 'tmux'));
  try {
    const rendezvous = hostIn(lab, 'rendezvous');
    const { columns, rows } = process.stdout;
    tmux.run([
      'new-session',
      '-d',
      '-x',
      String(columns),
      '-y',
      String(rows),
      ...rendezvous.command(ownCommand(['serve'])),
    ]);
    tmux.dress(' F6 or a click: next pane · /quit: leave · Ctrl-B, then d: end all');
    tmux.run(['set-option', '-p', '@who', 'rendezvous']);
    await untilListening(rendezvous);
    for (const [index, name] of hosts.entries()) {
      const proxy = words.classic === true ? undefined : proxyIn(lab, name);
      const way = proxy === undefined ? [] : ['--proxy', proxy];
      const place = ['--server', rendezvous.addresses[0] ?? '', ...way, '--name', name];
      const meet = words.classic === true ? [] : ['--code', code];
      const command = hostIn(lab, name).command(ownCommand([...labChat(words), ...place, ...meet]));
      // The chats share the lower three quarters, side by side.
      const split = index === 0 ? ['split-window', '-v', '-l', '75%'] : ['split-window', '-h'];
      tmux.run([...split, 'sh', '-c', chatScript, join(folder, name), ...command]);
      tmux.run(['set-option', '-p', '@who', `${name} · ${titles[index]}`]);
      tmux.run(['set-option', '-p', '@host', name]);
    }
    await tmux.attach();
    return Math.max(...hosts.map((name) => exitIn(join(folder, name))));
  } finally {
    tmux.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilListening(rendezvous: Host): Promise<void> {
  for (let tries = 0; tries < LISTEN_TRIES; tries += 1) {
    const { stdout } = await rendezvous.exec(['ss', '-Hltn', `sport = :${PORT}`]);
    if (stdout !== '') {
      return;
    }
    await pause(LISTEN_PAUSE_MS);
  }
  throw new PunchlineError('ERR_NETWORK', 'the rendezvous of the lab does not listen');
}

/** The exit code in the file. Without a file the user left before the chat had ended, which is no failure. */
function exitIn(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}
