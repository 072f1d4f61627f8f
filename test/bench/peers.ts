/**
 * `npm run bench:peers [KIND KIND]`: Punchline, hyperbeam and magic-wormhole carry the same bytes behind the same NATs.
 * Prints a table for the manual. It has no bound: what others do is no failure of ours.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLab } from '../../source/lab/lab.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';
import { contenders, type Contender, type Task, type Transfer } from './peers/contenders.ts';
import { installPeers, type Installed } from './peers/install.ts';
import { cellOf, tableOf } from './peers/table.ts';
import { translateUdp } from './peers/udp-rules.ts';

const RUNS = 3;
/** One way, on each line. */
const DELAY_MS = 20;
const FILE_BYTES = 1024 * 1024;
/** hyperdht tries a random mapping for 35 s. */
const MAX_MS = 40_000;
const kinds = ['port-restricted', 'address-dependent', 'counting', 'random'];

const chosen = process.argv.slice(2);
const all = kinds.flatMap((one, index) => kinds.slice(index).map((other) => [one, other] as const));
const pairs = chosen.length === 2 ? [[chosen[0] ?? '', chosen[1] ?? ''] as const] : all;

const installed = installPeers();
try {
  const bytes = randomBytes(FILE_BYTES);
  const file = join(installed.folder, 'file');
  writeFileSync(file, bytes);
  const rows: string[][] = [['', ...contenders.map(({ name }) => `${name} ${installed.versions[name]}`)]];
  for (const [one, other] of pairs) {
    const cells: string[] = [];
    for (const contender of contenders) {
      cells.push(cellOf(await measure(contender, [one, other], { file, bytes, installed })));
    }
    rows.push([`${one}, ${other}`, ...cells]);
    process.stdout.write(`${rows.at(-1)?.join(' | ')}\n`);
  }
  process.stdout.write(`\n${tableOf(rows)}\n`);
} finally {
  installed.remove();
}

/** Each program has a lab of its own, whose NATs remember nothing of another one. */
async function measure(
  contender: Contender,
  [one, other]: readonly [string, string],
  given: { readonly file: string; readonly bytes: Buffer; readonly installed: Installed },
): Promise<Transfer[]> {
  const line = { delayMs: DELAY_MS };
  const sites = { alice: { ...parseSite(one), line }, bob: { ...parseSite(other), line } };
  const lab = await createLab({ sites });
  try {
    const { alice, bob, rendezvous } = lab.hosts;
    if (alice === undefined || bob === undefined || rendezvous === undefined) {
      throw new Error('the lab lacks a host');
    }
    const { alice: ofAlice, bob: ofBob } = lab.routers;
    if (ofAlice === undefined || ofBob === undefined) {
      throw new Error('the lab lacks a router');
    }
    await Promise.all([translateUdp(ofAlice, sites.alice), translateUdp(ofBob, sites.bob)]);
    const transfers: Transfer[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      // Both orders, because the sides have different tasks.
      const [first, second] = run % 2 === 0 ? [alice, bob] : [bob, alice];
      const words = ['velvet', 'orbit', 'canyon', 'meadow'];
      const code = `${100 + run}-${words[run]}-${words[run + 1]}`;
      const task: Task = { ...given, first, second, rendezvous, code };
      if (run === 0) {
        await contender.serve(task);
      }
      transfers.push(await runOnce(contender, task));
    }
    return transfers;
  } finally {
    await lab.close();
  }
}

async function runOnce(contender: Contender, task: Task): Promise<Transfer> {
  const waiting = await contender.wait(task);
  try {
    return await contender.take(task, AbortSignal.timeout(MAX_MS));
  } finally {
    waiting.kill('SIGKILL');
    await waiting.exited;
  }
}
