/** Opens a pane of tmux for each place of an exercise. */
import { rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { labSocket, labTempFolder, labTools } from '../lab/named/lab-folder.ts';
import { ownCommand } from '../lab/program.ts';
import { tmuxOf } from '../lab/tmux-session.ts';
import { toolPath } from '../lab/tools.ts';
import { labOf, type Exercise } from './exercise.ts';

/** What was printed stays readable, and the pane can go on being used. */
const thenShell = '"$@"; exec "${SHELL:-sh}"';

interface Pane {
  readonly title: string;
  readonly command: readonly string[];
}

/** The panes: what to do, the packets, and each place of the exercise. */
export function panesOf(exercise: Exercise): readonly Pane[] {
  const lab = labOf(exercise);
  return [
    {
      title: `exercise ${exercise.number}: what to do`,
      command: ending(['workshop', 'start', String(exercise.number), '--plain']),
    },
    ...exercise.panes.map(({ about, host, run }) => ({
      title: `${host}: ${about}`,
      command:
        run === undefined
          ? ownCommand(['lab', 'enter', lab, host])
          : ending(['lab', 'enter', lab, host, '--', 'sh', '-c', run]),
    })),
    { title: 'the packets', command: ending(['lab', 'watch', lab]) },
  ];
}

function ending(words: readonly string[]): readonly string[] {
  return ['sh', '-c', thenShell, 'sh', ...ownCommand(words)];
}

/** Shows them until the user leaves. The lab stays. */
export async function showPanes(exercise: Exercise): Promise<void> {
  const folder = labTempFolder();
  const { TMUX: _, ...environment } = process.env;
  // Outside the lab, this program has the same name as inside.
  const PATH = [labTools(labSocket(labOf(exercise))), toolPath].join(delimiter);
  const tmux = tmuxOf(join(folder, 'tmux'), { ...environment, PATH });
  try {
    const { columns, rows } = process.stdout;
    for (const [index, { command, title }] of panesOf(exercise).entries()) {
      if (index === 0) {
        tmux.run(['new-session', '-d', '-x', String(columns), '-y', String(rows), ...command]);
        tmux.dress(' F6 or a click: next pane · Ctrl-B z: one pane alone · Ctrl-B d: leave');
      } else {
        tmux.run(['split-window', ...command]);
        // Else there is soon no room for another.
        tmux.run(['select-layout', 'tiled']);
      }
      tmux.run(['set-option', '-p', '@who', title]);
      tmux.run(['set-option', '-p', '@host', labOf(exercise)]);
    }
    tmux.run(['select-pane', '-t', ':.0']);
    await tmux.attach();
  } finally {
    tmux.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
