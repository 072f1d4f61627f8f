import { failureLines } from '../../../text/failure-lines.ts';
import { formatJsonLine } from '../../../text/json-line.ts';
import { PunchlineError, usageError } from '../../../errors.ts';
import { requireWires } from '../../../lab/tools.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { workshopCheckOptions } from '../../options/workshop-options.ts';
import {
  checkJson,
  conclusion,
  tableHead,
  trialJson,
  trialRow,
} from '../../../workshop/client-check/check-report.ts';
import { runCheck } from '../../../workshop/client-check/run-check.ts';
import { runTrial } from '../../../workshop/client-check/run-trial.ts';
import { needsDelay, networkNames, trialsOn } from '../../../workshop/client-check/trials.ts';

export interface WorkshopCheckArguments extends Typed<typeof workshopCheckOptions> {
  /** The client under test. */
  readonly command: readonly string[];
}

/** Whether packets can be delayed here. Throws as requireWires() if a network is named that needs it. */
function canDelay(named: readonly string[]): boolean {
  try {
    requireWires();
    return true;
  } catch (error) {
    const left = networkNames.filter(needsDelay);
    if (!(error instanceof PunchlineError) || left.some((name) => named.includes(name))) {
      throw error;
    }
    process.stderr.write(
      failureLines({ message: `without delays, and without ${left.join(', ')}: ${error.message}` }),
    );
    return false;
  }
}

/** The exit code if a trial has failed. It is that of a failed punch. */
const FAILED_EXIT = 6;

/** `punchline workshop check -- COMMAND`: tries a client on networks. Resolves with 0 if all trials pass, else with 6. */
export async function runWorkshopCheck(args: WorkshopCheckArguments): Promise<number> {
  const { all, json, network, parallel } = readOptions(workshopCheckOptions, args);
  const { command } = args;
  if (command.length === 0) {
    throw usageError(
      'there is no client to check',
      'Write it behind two hyphens: punchline workshop check -- ./client',
    );
  }
  const trials = trialsOn(network, { withDelays: canDelay(network) });
  if (json !== true) {
    process.stdout.write(tableHead);
  }
  const results = await runCheck(trials, {
    run: (trial) => runTrial(trial, command),
    all: all === true,
    parallel,
    done: (result) =>
      process.stdout.write(json === true ? formatJsonLine(trialJson(result)) : trialRow(result)),
  });
  process.stdout.write(
    json === true ? formatJsonLine(checkJson(results, trials.length)) : conclusion(results, trials.length),
  );
  return results.length === trials.length && results.every(({ verdict }) => verdict === undefined)
    ? 0
    : FAILED_EXIT;
}
