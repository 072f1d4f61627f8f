/** The arguments of `punchline lab`: which of its commands runs, with what. */
import type { Argv } from 'yargs';

/** Of an option that is given twice the last one counts, as everywhere; here yargs collects them. */
function last<Value>(value: Value | Value[] | undefined): Value | undefined {
  return Array.isArray(value) ? value.at(-1) : value;
}
const text = {
  type: 'string',
  requiresArg: true,
  coerce: (value: string | string[] | undefined) => last(value),
} as const;
const flag = { type: 'boolean', coerce: (value: boolean | boolean[] | undefined) => last(value) } as const;
const json = { ...flag, describe: 'JSON lines' } as const;

const name = { type: 'string', demandOption: true, describe: 'the name of the lab' } as const;
const site = { type: 'string', demandOption: true, describe: 'a site of it, or rendezvous' } as const;

const siteHelp = `SITE is [NAME=]WORDS, for example alice=counting/rst,delay=20
  KIND or MAPPING, then after slashes ports, filtering, answer:
  kinds: open firewall full-cone restricted port-restricted other-port
    address-dependent counting random carrier
  mappings: endpoint-independent (eim) address-dependent (adm)
    address-and-port-dependent (apdm) none
  ports: preserved sequential random
  filterings: endpoint-independent (eif) address-dependent (adf)
    address-and-port-dependent (apdf)
  answers to unsolicited SYNs: drop rst icmp
  options: delay=MS jitter=MS loss=PERCENT idle=SECONDS behind=SITE
    network=A.B.C.0/24 ipv6=open|firewall hosts=A+B hairpin`;

/** Is given the exit code of a command. */
type Ended = (exit: number) => void;

/** Adds the commands of `punchline lab`. `foreign` stood behind two hyphens; `ended` is given the exit code. */
export function labCommands(lab: Argv, foreign: readonly string[], ended: Ended): Argv {
  addUp(lab, ended);
  addList(lab, ended);
  addEnter(lab, foreign, ended);
  addCut(lab, ended);
  addRestore(lab, ended);
  addRebind(lab, ended);
  addDown(lab, ended);
  addTry(lab, ended);
  addMatrix(lab, ended);
  addHold(lab, ended);
  addMistyped(lab);
  return lab.epilogue(siteHelp);
}

function addUp(lab: Argv, ended: Ended): void {
  lab.command(
    'up [words..]',
    'make a lab that stays: [NAME] SITE…',
    (up: Argv) =>
      up
        .positional('words', { type: 'string', array: true, describe: 'a name for the lab, and its sites' })
        .option('file', { ...text, describe: 'the sites are described in this JSON file' })
        .option('json', json)
        .epilogue(siteHelp),
    async (args) => {
      const { runLabUp } = await import('./commands/lab-up.ts');
      ended(await runLabUp(args));
    },
  );
}

function addList(lab: Argv, ended: Ended): void {
  lab.command(
    'list',
    'the labs that are up',
    (list: Argv) => list.option('json', json),
    async (args) => {
      const { runLabList } = await import('./commands/lab-named.ts');
      ended(await runLabList(args));
    },
  );
}

function addEnter(lab: Argv, foreign: readonly string[], ended: Ended): void {
  lab.command(
    'enter <name> <host> [command..]',
    'a shell, or after -- a command, in a host or router',
    (enter: Argv) =>
      enter
        .positional('name', name)
        .positional('host', {
          type: 'string',
          demandOption: true,
          describe: 'a host, rendezvous, internet or SITE.router',
        })
        .positional('command', { type: 'string', array: true, describe: 'a command and its arguments' }),
    async (args) => {
      const { runLabEnter } = await import('./commands/lab-named.ts');
      ended(await runLabEnter({ ...args, command: [...(args.command ?? []), ...foreign] }));
    },
  );
}

function addCut(lab: Argv, ended: Ended): void {
  lab.command(
    'cut <name> <site>',
    'swallow all packets on the line of a site',
    (cut: Argv) =>
      cut
        .positional('name', name)
        .positional('site', site)
        .option('for', { ...text, describe: 'SECONDS, then restore it' }),
    async (args) => {
      const { runLabCut } = await import('./commands/lab-named.ts');
      ended(await runLabCut(args));
    },
  );
}

function addRestore(lab: Argv, ended: Ended): void {
  lab.command(
    'restore <name> <site>',
    'let packets through again',
    (restore: Argv) => restore.positional('name', name).positional('site', site),
    async (args) => {
      const { runLabRestore } = await import('./commands/lab-named.ts');
      ended(await runLabRestore(args));
    },
  );
}

function addRebind(lab: Argv, ended: Ended): void {
  lab.command(
    'rebind <name> <site>',
    'let a site forget its mappings and take a new address',
    (rebind: Argv) => rebind.positional('name', name).positional('site', site),
    async (args) => {
      const { runLabRebind } = await import('./commands/lab-named.ts');
      ended(await runLabRebind(args));
    },
  );
}

function addDown(lab: Argv, ended: Ended): void {
  lab.command(
    'down [name]',
    'end a lab',
    (down: Argv) =>
      down
        .positional('name', { type: 'string', describe: 'the name of the lab, if there are several' })
        .option('all', { ...flag, describe: 'end all' })
        .conflicts('all', 'name'),
    async (args) => {
      const { runLabDown } = await import('./commands/lab-named.ts');
      ended(await runLabDown(args));
    },
  );
}

function addTry(lab: Argv, ended: Ended): void {
  lab.command(
    'try <sites..>',
    'a rendezvous and two chats behind two sites, in a lab of their own',
    (trial: Argv) =>
      trial
        .positional('sites', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'two sites, and those that they are behind',
        })
        .option('delay', { ...text, describe: 'MS one way on each line that says nothing of it [20]' })
        .option('attempts', { ...text, describe: 'rounds of punching before giving up [10]' })
        .option('plain', { ...flag, describe: 'lines of text instead of tmux' })
        .option('json', json)
        .epilogue(siteHelp),
    async (args) => {
      const { runLabTry } = await import('./commands/lab-try.ts');
      ended(await runLabTry(args));
    },
  );
}

function addMatrix(lab: Argv, ended: Ended): void {
  lab.command(
    'matrix [pairs..]',
    'let every pair of a list of sites meet, and tell what came of it',
    (matrix: Argv) =>
      matrix
        .positional('pairs', {
          type: 'string',
          array: true,
          describe: 'SITE:SITE, these instead of all of a list',
        })
        .option('kinds', { ...text, describe: 'KIND,… or MAPPING/PORTS,… [each mapping]' })
        .option('filterings', { ...text, describe: 'each kind with each of these [its own]' })
        .option('answers', { ...text, describe: 'each with each of these: drop,rst,icmp [drop]' })
        .option('runs', { ...text, describe: 'meetings of each pair [5]' })
        .option('delay', { ...text, describe: 'MS one way on each line [20]' })
        .option('jitter', { ...text, describe: 'MS by which the delay varies [0]' })
        .option('loss', { ...text, describe: 'PERCENT of packets lost on each line [0]' })
        .option('attempts', { ...text, describe: 'rounds of punching in each meeting [5]' })
        .option('parallel', { ...text, describe: 'pairs that meet at once [processors]' })
        .option('json', json)
        .epilogue(siteHelp),
    async (args) => {
      const { runLabMatrix } = await import('./commands/lab-matrix.ts');
      ended(await runLabMatrix(args));
    },
  );
}

function addHold(lab: Argv, ended: Ended): void {
  lab.command('hold', false, {}, async () => {
    const { runLabHold } = await import('./commands/lab-up.ts');
    ended(await runLabHold());
  });
}

function addMistyped(lab: Argv): void {
  lab.command(
    '$0 [command] [words..]',
    false,
    (other: Argv) => other.positional('command', { type: 'string' }),
    async ({ command }) => {
      const { mistypedLabCommand } = await import('./commands/lab-named.ts');
      throw mistypedLabCommand(command);
    },
  );
}
