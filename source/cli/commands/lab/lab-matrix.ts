import { availableParallelism } from 'node:os';
import { formatJsonLine } from '../../../text/json-line.ts';
import { quote } from '../../../text/safe-text.ts';
import { labMatrixOptions } from '../../options/lab-options.ts';
import type { Typed, Values } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { suggest } from '../../../text/suggest.ts';
import { usageError } from '../../../errors.ts';
import { checkDescription } from '../../../lab/plan/description.ts';
import { matrixJson, matrixTable, pairJson } from '../../../lab/matrix/report.ts';
import { matrixPairs, parsePair, type Pair } from '../../../lab/matrix/pairs.ts';
import { runMatrix } from '../../../lab/matrix/matrix.ts';
import { answerWords, filteringWords } from '../../../lab/plan/site-kinds.ts';

export interface LabMatrixArguments extends Typed<typeof labMatrixOptions> {
  /** Only these pairs, instead of all pairs of a list. */
  readonly pairs?: readonly string[] | undefined;
}

/** One for every mapping of RFC 4787, each with the strictest filtering. */
const defaultKinds = ['port-restricted', 'other-port', 'address-dependent', 'counting', 'random'];

/** The exit code if a pair did not do as expected. It is that of a failed punch. */
const UNEXPECTED_EXIT = 6;

/** `punchline lab matrix`: lets every pair meet. Resolves with 0 if all did as expected, else with 6. */
export async function runLabMatrix(args: LabMatrixArguments): Promise<number> {
  const options = readOptions(labMatrixOptions, args);
  const pairs = readPairs(args.pairs ?? [], options);
  const { attempts, json, parallel = availableParallelism(), runs } = options;
  let done = 0;
  const results = await runMatrix(pairs, {
    runs,
    attempts,
    parallel,
    done: (result) => {
      done += 1;
      if (json === true) {
        process.stdout.write(formatJsonLine(pairJson(result)));
      } else if (process.stderr.isTTY) {
        process.stderr.write(`\r${done} of ${pairs.length} pairs `);
      }
    },
  });
  if (json !== true && process.stderr.isTTY) {
    process.stderr.write('\r\u001B[K');
  }
  process.stdout.write(json === true ? formatJsonLine(matrixJson(results)) : matrixTable(results));
  return results.every(({ asExpected }) => asExpected) ? 0 : UNEXPECTED_EXIT;
}

function readPairs(given: readonly string[], options: Values<typeof labMatrixOptions>): Pair[] {
  const { answers, delay, filterings, jitter, kinds, loss } = options;
  const line = { delayMs: delay, jitterMs: jitter, lossPercent: loss };
  const list = {
    kinds: kinds.length === 0 ? defaultKinds : kinds,
    filterings: readWords('--filterings', filterings, filteringWords),
    answers: readWords('--answers', answers, answerWords),
    line,
  };
  if (given.length > 0 && [kinds, filterings, answers].some((words) => words.length > 0)) {
    throw usageError(
      'pairs and lists of kinds, filterings or answers exclude each other',
      'Name pairs, as in counting/rst:random, or give lists.',
    );
  }
  const pairs = given.length > 0 ? given.map((pair) => parsePair(pair, line)) : matrixPairs(list);
  // The matrix may run for an hour: complain before, not in the middle of it.
  for (const { a, b } of pairs) {
    checkDescription({ sites: { alice: a.site, bob: b.site } });
  }
  return pairs;
}

function readWords<Word>(
  option: string,
  words: readonly string[],
  known: Readonly<Record<string, Word>>,
): Word[] {
  return words.map((word) => {
    const meaning = Object.hasOwn(known, word) ? known[word] : undefined;
    if (meaning !== undefined) {
      return meaning;
    }
    const meant = suggest(word, Object.keys(known));
    throw usageError(
      `${option}: ${quote(word)} is none of ${Object.keys(known).join(', ')}`,
      meant === undefined ? 'See punchline lab matrix --help.' : `Did you mean "${meant}"?`,
    );
  });
}
