import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { formatJsonLine } from '../../../text/json-line.ts';
import { quote } from '../../../text/safe-text.ts';
import { PunchlineError, usageError } from '../../../errors.ts';
import { labUpOptions } from '../../options/lab-options.ts';
import type { Typed } from '../../options/option.ts';
import { fileTrouble } from '../../../storage/file-trouble.ts';
import { readOptions } from '../../options/read-options.ts';
import { checkDescription, type LabDescription, type Site } from '../../../lab/plan/description.ts';
import { holdLab } from '../../../lab/named/hold-lab.ts';
import { checkLabName } from '../../../lab/named/lab-folder.ts';
import { parseLabFile, labSchema } from '../../../lab/plan/lab-file.ts';
import { type LabState, refusal, type Answer, readLine } from '../../../lab/named/lab-messages.ts';
import { siteKinds } from '../../../lab/plan/site-kinds.ts';
import { parseNamedSite } from '../../../lab/plan/site-words.ts';
import { shellWord } from '../../../lab/plan/script.ts';
import { startLabDaemon, type LabDaemon } from '../../../lab/named/lab-daemon.ts';

export interface LabUpArguments extends Typed<typeof labUpOptions> {
  /** `[NAME] SITE…` */
  readonly words?: readonly string[] | undefined;
}

const defaultName = 'lab';

/** Two ordinary home routers. */
const defaultSites: Readonly<Record<string, Site>> = Object.fromEntries(
  ['alice', 'bob'].flatMap((name) => {
    const kind = siteKinds['port-restricted'];
    return kind === undefined ? [] : [[name, kind.site]];
  }),
);

/** `punchline lab up`: makes a lab that stays until it is ended. Resolves with the exit code. */
export async function runLabUp({ words = [], ...args }: LabUpArguments): Promise<number> {
  const { file, json } = readOptions(labUpOptions, args);
  const [first = ''] = words;
  const isNamed = first !== '' && !first.includes('=');
  const name = isNamed ? first : defaultName;
  checkLabName(name);
  const description = describe(isNamed ? words.slice(1) : words, file);
  checkDescription(description);
  const state = await holdLab(name, description);
  process.stdout.write(json === true ? formatJsonLine({ v: 1, ...state }) : account(state));
  return 0;
}

function describe(words: readonly string[], file: string | undefined): LabDescription {
  if (file === undefined) {
    return { sites: words.length === 0 ? defaultSites : sitesOf(words) };
  }
  if (words.length > 0) {
    throw usageError(
      '--file and sites on the command line exclude each other',
      'Write all sites into the file, or all on the command line.',
    );
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PunchlineError(
      'ERR_USAGE',
      `the lab file ${quote(file)} cannot be read: ${fileTrouble(cause)}`,
      {
        hint: 'Check its path, and that this user may read it.',
        cause,
      },
    );
  }
  return parseLabFile(text, file);
}

function sitesOf(words: readonly string[]): Record<string, Site> {
  const sites: Record<string, Site> = {};
  for (const { name, site } of words.map(parseNamedSite)) {
    if (Object.hasOwn(sites, name)) {
      throw new PunchlineError('ERR_USAGE', `there are two sites named ${quote(name)}`);
    }
    sites[name] = site;
  }
  return sites;
}

/** The text for a person: where the hosts are, how to enter them, how to end the lab. */
function account({ hosts, name, sites }: LabState): string {
  const siteOf = new Map(sites.flatMap((site) => site.hosts.map((host) => [host, site] as const)));
  const places = hosts.map((host) => {
    const site = siteOf.get(host.name);
    const outside = site === undefined || site.external === null ? '' : `, outside ${site.external}`;
    return `  ${host.name.padEnd(14)}  ${host.addresses.join(', ')}${outside}`;
  });
  return [
    `The lab "${name}" is up.`,
    '',
    ...places,
    '',
    ...sites.map((site) => `  ${site.name}: ${site.about}`),
    '',
    `Enter a host: punchline lab enter ${name} HOST [-- COMMAND], or`,
    ...hosts.map((host) => `  ${host.enter.map(shellWord).join(' ')} sh  # ${host.name}`),
    '',
    `Cut a line: punchline lab cut ${name} SITE. Forget mappings: punchline lab rebind ${name} SITE.`,
    `End it: punchline lab down ${name}`,
    '',
  ].join('\n');
}

const orderSchema = v.strictObject({ name: v.string(), description: labSchema });

/**
 * The process behind `punchline lab up`, which nobody types. It reads from stdin
 * which lab to make, answers on stdout, and keeps the lab if it is then told to.
 */
export async function runLabHold(): Promise<number> {
  const daemon = await make();
  // `lab up` may have been ended meanwhile. Nobody would know of this lab, so it must not stay.
  if (daemon !== undefined && (await readLine(process.stdin)) !== 'keep') {
    await daemon.end();
  }
  // Nothing more comes. Left open, it would keep this process alive.
  process.stdin.destroy();
  await daemon?.ended;
  return 0;
}

async function make(): Promise<LabDaemon | undefined> {
  try {
    const order = v.parse(orderSchema, JSON.parse((await readLine(process.stdin)) ?? ''));
    const daemon = await startLabDaemon(order.name, order.description);
    say({ ok: true, state: await daemon.state() });
    return daemon;
  } catch (error) {
    say(refusal(error instanceof PunchlineError ? error : new PunchlineError('ERR_BUG', String(error))));
    return undefined;
  }
}

function say(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
