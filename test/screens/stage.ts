/** Opens programs in terminals, on this machine or in a lab, and saves what their screens show. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../source/lab/host.ts';
import { createLab, type Lab } from '../../source/lab/lab.ts';
import { readTry } from '../../source/lab/matrix/try.ts';
import { openTerminal, type Terminal } from '../helpers/terminal/terminal.ts';
import { screenSvg } from './svg.ts';

const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));

const COLUMNS = 80;
const ROWS = 24;

export type Person = 'anna' | 'bob';

/** Their home folders: the settings of the person who takes the pictures must not show. */
const homes = { anna: makeHome('anna'), bob: makeHome('bob') };

function makeHome(name: Person): string {
  const home = mkdtempSync(join(tmpdir(), `${name}-`));
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Makes a file for a chat to send. It takes no room on the disk. */
export function makeFile(owner: Person, name: string, bytes: number): void {
  const file = join(homes[owner], name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  truncateSync(file, bytes);
}

export interface Place {
  /** The host of a lab; default: this machine. */
  readonly host?: Host | undefined;
  /** The program runs in the home folder of this person. */
  readonly person?: Person;
  readonly columns?: number;
}

export function open(
  args: readonly string[],
  { host, person = 'anna', columns = COLUMNS }: Place = {},
): Terminal {
  const words = [process.execPath, program, ...args];
  const [command = '', ...rest] = host?.command(words) ?? words;
  return openTerminal({
    command,
    args: rest,
    columns,
    rows: ROWS,
    env: { COLORTERM: 'truecolor', TZ: 'UTC', HOME: homes[person], XDG_CONFIG_HOME: '' },
    cwd: homes[person],
  });
}

export function save(terminal: Terminal, name: string, title: string): void {
  const file = new URL(`${name}.svg`, import.meta.url);
  writeFileSync(file, screenSvg(terminal, { title }));
  process.stdout.write(`${fileURLToPath(file)}\n`);
}

/** The first page of what a program that has ended has written. */
export async function saveOutput(
  args: readonly string[],
  { name, host }: Place & { readonly name: string },
): Promise<void> {
  await using terminal = open(args, { host });
  await terminal.exit;
  terminal.xterm.scrollToTop();
  save(terminal, name, `punchline ${args.join(' ')}`);
}

/** A lab with the sites `anna` and `bob` and a running rendezvous. */
export interface Network extends AsyncDisposable {
  readonly lab: Lab;
  readonly serve: Terminal;
}

/** Makes a lab of two sites in words, as for `punchline lab try`. */
export async function openNetwork(anna: string, bob: string, delayMs: number): Promise<Network> {
  const lab = await createLab(readTry([`anna=${anna}`, `bob=${bob}`], delayMs).description);
  const serve = open(['serve'], { host: lab.hosts['rendezvous'] });
  async function close(): Promise<void> {
    await serve.close();
    await lab.close();
  }
  try {
    await serve.waitFor('Rendezvous on');
  } catch (error) {
    await close();
    throw error;
  }
  return { lab, serve, [Symbol.asyncDispose]: close };
}
