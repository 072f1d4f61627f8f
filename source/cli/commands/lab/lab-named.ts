import { formatJsonLine } from '../../../text/json-line.ts';
import { quote } from '../../../text/safe-text.ts';
import { labCommands } from '../../options/command-table.ts';
import { labCutOptions, type labDownOptions, type labListOptions } from '../../options/lab-options.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { suggest } from '../../../text/suggest.ts';
import { PunchlineError, usageError } from '../../../errors.ts';
import { askLab, listLabs } from '../../../lab/named/lab-client.ts';
import type { LabState } from '../../../lab/named/lab-messages.ts';

const commands = Object.keys(labCommands);

/** The error for a word behind `lab` that is not one of its commands, or for no word at all. */
export function mistypedLabCommand(word: string | undefined): PunchlineError {
  const meant = word === undefined ? undefined : suggest(word, commands);
  const what = word === undefined ? 'lab needs a command' : `${quote(word)} is not a command of lab`;
  return usageError(
    what,
    meant === undefined
      ? `They are ${commands.join(', ')}: see punchline lab --help.`
      : `Did you mean "punchline lab ${meant}"?`,
  );
}

/** `punchline lab list`: lists the labs that are up. */
export async function runLabList({ json }: Typed<typeof labListOptions>): Promise<number> {
  const labs = await listLabs();
  if (json === true) {
    for (const lab of labs) {
      process.stdout.write(formatJsonLine({ v: 1, ...lab }));
    }
  } else {
    process.stdout.write(labs.length === 0 ? 'No lab is up.\n' : labs.map(accountOf).join(''));
  }
  return 0;
}

interface LabDownArguments extends Typed<typeof labDownOptions> {
  readonly name?: string | undefined;
}

/** `punchline lab down`: ends the lab of that name, the only one, or all. */
export async function runLabDown(args: LabDownArguments): Promise<number> {
  for (const name of await namesToEnd(args)) {
    await askLab(name, { do: 'down' });
    process.stdout.write(`The lab "${name}" is gone.\n`);
  }
  return 0;
}

async function namesToEnd({ all, name }: LabDownArguments): Promise<string[]> {
  if (all === true && name !== undefined) {
    throw usageError('a NAME and --all exclude each other', 'Leave one of them out.');
  }
  if (name !== undefined) {
    return [name];
  }
  const names = (await listLabs()).map((lab) => lab.name);
  if (all === true || names.length === 1) {
    return names;
  }
  throw names.length === 0
    ? new PunchlineError('ERR_USAGE', 'no lab is up')
    : usageError(`there are ${names.length} labs: ${names.join(', ')}`, 'Name one of them, or use --all.');
}

interface LabCutArguments extends Typed<typeof labCutOptions> {
  readonly name: string;
  readonly site: string;
}

/** `punchline lab cut`: swallows all packets on the line of a site, for good or for a while. */
export async function runLabCut(args: LabCutArguments): Promise<number> {
  const { for: seconds } = readOptions(labCutOptions, args);
  await askLab(args.name, { do: 'cut', line: args.site, ...(seconds === undefined ? {} : { seconds }) });
  const until =
    seconds === undefined ? `until "punchline lab restore ${args.name} ${args.site}"` : `for ${seconds} s`;
  process.stdout.write(`${args.site} is cut off, ${until}.\n`);
  return 0;
}

/** `punchline lab restore`: lets packets through again. */
export async function runLabRestore({ name, site }: { name: string; site: string }): Promise<number> {
  await askLab(name, { do: 'restore', line: site });
  process.stdout.write(`${site} is back online.\n`);
  return 0;
}

/** `punchline lab rebind`: makes the router of a site forget its mappings and take another external address. */
export async function runLabRebind({ name, site }: { name: string; site: string }): Promise<number> {
  const { sites } = await askLab(name, { do: 'rebind', site });
  const external = sites.find((one) => one.name === site)?.external;
  process.stdout.write(`${site} has forgotten its mappings, and is now seen as ${external}.\n`);
  return 0;
}

function accountOf({ hosts, name, pid, rendezvousCut, since, sites }: LabState): string {
  const minutes = Math.floor((Date.now() - since) / 60_000);
  return [
    `${name}: up for ${minutes} min, kept by process ${pid}; hosts ${hosts.map((host) => host.name).join(', ')}${rendezvousCut ? '; the line of the rendezvous is cut' : ''}`,
    ...sites.map(
      ({ about, cut, external, name: site }) =>
        `  ${site}: ${external === null ? '' : `${external}; `}${about}${cut ? '; CUT' : ''}`,
    ),
    '',
  ].join('\n');
}
