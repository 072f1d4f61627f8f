import { formatJsonLine } from '../../../text/json-line.ts';
import { safeText } from '../../../text/safe-text.ts';
import type { labNatOptions } from '../../options/lab-options.ts';
import type { Typed } from '../../options/option.ts';
import { askLab } from '../../../lab/named/lab-client.ts';
import { siteIn } from '../../../lab/named/places.ts';
import type { NatRow } from '../../../lab/nat-table/nat-rows.ts';
import { readNatTable } from '../../../lab/nat-table/read-nat-table.ts';

interface LabNatArguments extends Typed<typeof labNatOptions> {
  readonly name: string;
  /** All sites without it. */
  readonly site?: string | undefined;
}

const head = ['inside', 'outside', 'remote', 'state', 'seconds left'];

/** `punchline lab nat`: shows the rows of the NAT tables of a lab. */
export async function runLabNat({ json, name, site }: LabNatArguments): Promise<number> {
  const state = await askLab(name, { do: 'show' });
  const sites = (site === undefined ? state.sites.map((one) => one.name) : [site]).map((one) =>
    siteIn(state, one),
  );
  for (const { about, external, name: siteName, router } of sites) {
    const rows = await readNatTable(router, external);
    if (json === true) {
      process.stdout.write(formatJsonLine({ v: 1, site: siteName, external, rows }));
    } else {
      const title = `${siteName}: ${external === null ? '' : `${external}; `}${about}`;
      process.stdout.write(`${title}\n${tableOf(rows)}\n`);
    }
  }
  return 0;
}

function tableOf(rows: readonly NatRow[]): string {
  if (rows.length === 0) {
    return '  no rows\n';
  }
  const cells = [head, ...rows.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
    .concat('\n');
}

function cellsOf({ inside, outside, protocol, remote, secondsLeft, state }: NatRow): string[] {
  const what = state === null ? 'mapping' : protocol === 'tcp' ? state : `${protocol} ${state}`;
  return [inside, outside, remote ?? 'anybody', what, secondsLeft === null ? '' : String(secondsLeft)].map(
    (cell) => safeText(cell),
  );
}
