/** The results of a check: rows of a table and a verdict for a person, objects for JSON. */
import type { TrialResult } from './run-trial.ts';
import { networkNames, type Trial } from './trials.ts';
import { defects, type DefectName } from './verdict/defects.ts';
import { seconds } from './verdict/packet-lines.ts';
import type { Verdict } from './verdict/client-verdict.ts';

const networkWidth = Math.max(...networkNames.map((name) => name.length));
const programWidth = 'client'.length;

/** The head of the table. */
export const tableHead = row(['network', 'first', 'second', 'result']);

/** One trial as a row of the table. */
export function trialRow({ ms, trial, verdict }: TrialResult): string {
  const { first, network, second } = trial;
  const result =
    verdict === undefined
      ? `connected${ms === null ? '' : `, ${seconds(ms)}`}`
      : `FAILED: ${titleOf(verdict)}`;
  return row([network, first, second, result]);
}

function row([network = '', first = '', second = '', result = '']: readonly string[]): string {
  return `${network.padEnd(networkWidth)}  ${first.padEnd(programWidth)}  ${second.padEnd(programWidth)}  ${result}\n`;
}

function titleOf({ defect, host }: Verdict): string {
  return host === null ? defects[defect].title : `the client of ${host} ${defects[defect].title}`;
}

/** What stands below the table. */
export function conclusion(results: readonly TrialResult[], wanted: number): string {
  const failed = results.filter(({ verdict }) => verdict !== undefined);
  const passed = results.length - failed.length;
  const explained = new Set<DefectName>();
  return [
    '',
    ...failed.flatMap(({ trial, verdict }) => explain(trial, verdict, explained)),
    `${passed} of ${wanted} trials passed${leftOut(wanted - results.length)}.`,
    '',
  ].join('\n');
}

function leftOut(count: number): string {
  return count === 0 ? '' : `, ${count} ${count === 1 ? 'was' : 'were'} not run`;
}

/** The same hint is given once. */
function explain(trial: Trial, verdict: Verdict | undefined, explained: Set<DefectName>): string[] {
  if (verdict === undefined) {
    return [];
  }
  const { hint, read } = defects[verdict.defect];
  const advice = explained.has(verdict.defect) ? [] : [`  ${hint}`, `  Read: ${read}`];
  explained.add(verdict.defect);
  return [
    `${trial.network} (${trial.about}): ${titleOf(verdict)}.`,
    `  ${verdict.evidence}`,
    ...advice,
    ...verdict.lines.map((line) => `  ${line}`),
    '',
  ];
}

/** One trial as an object of `--json`. */
export function trialJson({ ms, trial, verdict }: TrialResult): object {
  const { first, lateMs, network, second } = trial;
  const found = verdict === undefined ? null : { ...verdict, ...defects[verdict.defect] };
  return {
    v: 1,
    event: 'trial',
    network,
    first,
    second,
    lateMs,
    passed: verdict === undefined,
    ms,
    verdict: found,
  };
}

/** The last object of `--json`. */
export function checkJson(results: readonly TrialResult[], wanted: number): object {
  const passed = results.filter(({ verdict }) => verdict === undefined).length;
  return { v: 1, event: 'check', trials: wanted, run: results.length, passed };
}
