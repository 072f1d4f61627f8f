/**
 * A shell in a lab says where it is: by its prompt, `alice@class:~$`, and by the
 * name of the host, `alice.class`, which it has in a namespace of its own.
 */
import { basename, delimiter, join } from 'node:path';

/** Where a shell runs. Both names have only letters, digits, hyphens and dots. */
export interface ShellPlace {
  readonly host: string;
  readonly lab: string;
  /** The folder of the lab's own tools. */
  readonly tools: string;
}

/** What bash reads instead of `~/.bashrc`. */
export const rcFile = 'bashrc';

/** It reads the user's own file first, which may set another prompt and another PATH. */
export const rcText = `if [ -r ~/.bashrc ]; then . ~/.bashrc; fi
unset PROMPT_COMMAND
case ":$PATH:" in *":$PUNCHLINE_TOOLS:"*) ;; *) PATH="$PUNCHLINE_TOOLS:$PATH" ;; esac
PS1="$PUNCHLINE_HOST@$PUNCHLINE_LAB:\\w\\$ "
`;

/**
 * Sets the name, and becomes the shell. In a user namespace /proc/sys is not ours
 * to write, and a machine without `hostname` keeps its own name.
 */
const nameScript = '{ echo "$0" > /proc/sys/kernel/hostname || hostname "$0"; } 2> /dev/null; exec "$@"';

/**
 * In the process namespace of a lab, dash does not find the process group that had
 * the terminal before, and ends with 2. Without job control it does not look for it.
 */
const withoutJobs = new Set(['sh', 'dash', 'ash']);

/** The command line of a shell, to be run in a network of a lab. */
export function shellCommand(shell: string, { host, lab, tools }: ShellPlace): string[] {
  const name = basename(shell);
  const words =
    name === 'bash' ? ['--rcfile', join(tools, rcFile), '-i'] : withoutJobs.has(name) ? ['+m'] : [];
  return ['unshare', '--uts', 'sh', '-c', nameScript, `${host}.${lab}`, shell, ...words];
}

/** The environment in a place of a lab, for a shell or a command. `path` is the PATH outside. */
export function placeEnvironment({ host, lab, tools }: ShellPlace, path: string): NodeJS.ProcessEnv {
  return {
    // A folder with a colon in its name cannot be in a PATH.
    PATH: tools.includes(delimiter) ? path : [tools, path].join(delimiter),
    PUNCHLINE_HOST: host,
    PUNCHLINE_LAB: lab,
    PUNCHLINE_TOOLS: tools,
    // For sh and its kin.
    PS1: `${host}@${lab}:$PWD$ `,
  };
}
