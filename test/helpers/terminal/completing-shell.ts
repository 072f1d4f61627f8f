/** A real shell in a pseudo-terminal that has read our script for it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { shells, type Shell } from '../../../source/cli/completion/word-source.ts';
import { eventually } from '../eventually.ts';
import { sharedCache } from '../programs/bare-environment.ts';
import { program } from '../programs/punchline.ts';
import { type Owner, skipWithout } from '../skip-without.ts';
import { openTerminal, type Terminal } from './terminal.ts';

export { shells, type Shell };

/** What Tab did. */
export interface Completed {
  /** What stands in the line afterwards. */
  readonly line: string;
  /** What our script has offered, without files that the shell finds by itself. */
  readonly offers: readonly string[];
}

export interface CompletingShell {
  /** The folder in which the shell is. */
  readonly folder: string;
  /** Its home, in which the program keeps friends. */
  readonly home: string;
  readonly terminal: Terminal;
  /** Types a line and Tab, and clears the line. */
  readonly complete: (line: string) => Promise<Completed>;
}

export interface ShellOptions {
  /** Stands for punchline: the text of a program for /bin/sh. Without it, it is the built program. */
  readonly program?: string;
  /** The shell finds the script by itself, in the folder for scripts of the user. */
  readonly isInstalled?: true;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const commands: Readonly<Record<Shell, (setup: string) => readonly string[]>> = {
  bash: (setup) => ['bash', '--noprofile', '--rcfile', setup, '-i'],
  zsh: () => ['zsh', '-d', '-i'],
  fish: (setup) => ['fish', '--init-command', `source '${setup}'`],
};

/**
 * After a Tab, Ctrl-X and Ctrl-L write what is in the line, and what was offered, into a file for the test. Each part ends
 * with a NUL, which no line can hold.
 */
const setups: Readonly<Record<Shell, string>> = {
  bash: String.raw`
    PS1='ready> '
    source "$TEST_FOLDER/script"
    offers=() count=0
    tried() { _punchline "$@"; offers+=("${'$'}{COMPREPLY[@]}"); }
    complete -o default -F tried punchline
    answer() {
      printf '%s\0' "$READLINE_LINE" "${'$'}{offers[@]}" >"$TEST_FOLDER/draft"
      mv "$TEST_FOLDER/draft" "$TEST_FOLDER/answer-$count"
      offers=() count=$((count + 1)) READLINE_LINE= READLINE_POINT=0
    }
    bind -x '"\C-x\C-l": answer'
    bind 'set bell-style none'
  `,
  zsh: String.raw`
    PS1='ready> '
    fpath=("$TEST_FOLDER/functions" $fpath)
    autoload -Uz compinit
    compinit -u -D
    source "$TEST_FOLDER/script"
    typeset -ga offers=()
    typeset -gi count=0
    unsetopt LIST_BEEP
    compadd() {
      local -a hits
      if [[ ${'$'}{@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
        builtin compadd -A hits "$@"
        offers+=("${'$'}{hits[@]}")
      fi
      builtin compadd "$@"
    }
    answer() {
      printf '%s\0' "$BUFFER" "${'$'}{offers[@]}" >"$TEST_FOLDER/draft"
      mv "$TEST_FOLDER/draft" "$TEST_FOLDER/answer-$count"
      offers=()
      ((count += 1))
      BUFFER=
    }
    zle -N answer
    bindkey '^X^L' answer
  `,
  fish: String.raw`
    function fish_prompt; echo 'ready> '; end
    set -g fish_greeting
    set -g fish_autosuggestion_enabled 0
    source "$TEST_FOLDER/script"
    set -g count 0
    function note; set -g offers (complete -C (commandline | string collect) | string replace -r '\t.*' ''); end
    function answer
      printf '%s\0' (commandline | string collect) $offers >"$TEST_FOLDER/draft"
      mv "$TEST_FOLDER/draft" "$TEST_FOLDER/answer-$count"
      set count (math $count + 1)
      commandline -r ''
      commandline -f repaint
    end
    bind \cx\co note
    bind \cx\cl answer
  `,
};

/** Opens a shell. It ends with the test, which is skipped if there is no such shell. */
export async function completingShellOrSkip(
  context: Owner,
  shell: Shell,
  options: ShellOptions = {},
): Promise<CompletingShell> {
  if (!isInstalled(shell)) {
    return skipWithout(context, `${shell} is not installed (Debian package ${shell})`);
  }
  const folders = makeFolders(shell, options);
  context.onTestFinished(() => rmSync(folders.all, { recursive: true, force: true }));
  const [command = '', ...args] = commands[shell](join(folders.all, 'setup'));
  const terminal = openTerminal({
    command,
    args,
    columns: 200,
    rows: 50,
    cwd: folders.work,
    env: {
      PATH: `${folders.bin}${delimiter}${process.env['PATH']}`,
      HOME: folders.home,
      ZDOTDIR: folders.all,
      XDG_CACHE_HOME: sharedCache,
      XDG_CONFIG_HOME: join(folders.home, '.config'),
      XDG_DATA_HOME: folders.home,
      XDG_RUNTIME_DIR: folders.runtime,
      TEST_FOLDER: folders.all,
      ...options.env,
    },
  });
  context.onTestFinished(() => terminal.close());
  await terminal.waitFor(/ready> /);
  let count = 0;
  return {
    folder: folders.work,
    home: folders.home,
    terminal,
    complete: async (line) => {
      const file = join(folders.all, `answer-${count}`);
      count += 1;
      const before = shell === 'fish' ? '\u0018\u000F' : '';
      terminal.write(`${line}${before}\t\u0018\u000C`);
      const [left = '', ...offers] = (await eventually(() => readFileSync(file, 'utf8'))).split('\0');
      return { line: left, offers: offers.filter((one) => one !== '') };
    },
  };
}

function isInstalled(shell: Shell): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, shell)));
}

interface Folders {
  readonly all: string;
  readonly bin: string;
  readonly home: string;
  readonly runtime: string;
  readonly work: string;
}

function makeFolders(shell: Shell, options: ShellOptions): Folders {
  const all = mkdtempSync(join(tmpdir(), 'punchline-shell-'));
  const folders = {
    all,
    bin: join(all, 'bin'),
    home: join(all, 'home'),
    runtime: join(all, 'runtime'),
    work: join(all, 'work'),
  };
  for (const folder of [folders.bin, folders.home, folders.work]) {
    mkdirSync(folder);
  }
  mkdirSync(folders.runtime, { mode: 0o700 });
  const real = `exec '${process.execPath}' '${program}' "$@"`;
  writeFileSync(join(folders.bin, 'punchline'), `#!/bin/sh\n${options.program ?? real}\n`);
  chmodSync(join(folders.bin, 'punchline'), 0o755);
  const places = {
    bash: 'script',
    zsh: options.isInstalled === true ? 'functions/_punchline' : 'script',
    fish: options.isInstalled === true ? 'home/.config/fish/completions/punchline.fish' : 'script',
  };
  mkdirSync(dirname(join(all, places[shell])), { recursive: true });
  writeFileSync(join(all, places[shell]), scriptFor(shell));
  const setup =
    places[shell] === 'script' ? setups[shell] : setups[shell].replace('source "$TEST_FOLDER/script"', '');
  writeFileSync(join(all, 'setup'), setup);
  // The name that zsh reads.
  writeFileSync(join(all, '.zshrc'), setup);
  return folders;
}

/** What the built program writes for the shell. */
export function scriptFor(shell: Shell): string {
  const { status, stderr, stdout } = spawnSync(process.execPath, [program, 'completion', shell], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', XDG_CACHE_HOME: sharedCache },
  });
  if (status !== 0 || stderr !== '') {
    throw new Error(`punchline completion ${shell} ended with ${status}: ${stderr}`);
  }
  return stdout;
}
