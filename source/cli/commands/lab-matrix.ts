import { availableParallelism } from 'node:os';
import { formatJsonLine } from '../../text/json-line.ts';
import { quote } from '../../text/safe-text.ts';
import { readNumber } from '../../text/read-number.ts';
import { suggest } from '../../text/suggest.ts';
import { PunchlineError } from '../../errors.ts';
import { checkDescription } from '../../lab/plan/description.ts';
import { matrixJson, matrixTable, pairJson } from '../../lab/matrix/report.ts';
import { matrixPairs, parsePair, type Pair } from '../../lab/matrix/pairs.ts';
import { runMatrix } from '../../lab/matrix/matrix.ts';
import { answerWords, filteringWords } from '../../lab/plan/site-kinds.ts';

export interface LabMatrixArguments {
  /** These pairs, instead of all of a list. */
  readonly pairs?: readonly string[] | undefined;
  readonly kinds?: string | undefined;
  readonly filterings?: string | undefined;
  readonly answers?: string | undefined;
  readonly runs?: string | undefined;
  readonly delay?: string | undefined;
  readonly jitter?: string | undefined;
  readonly loss?: string | undefined;
  readonly attempts?: string | undefined;
  readonly parallel?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Every mapping that RFC 4787 tells apart, each with the strictest filtering. */
const defaultKinds = 'port-restricted,other-port,address-dependent,counting,random';

/** Exit code where a pair did otherwise than expected: that of a punch that failed. */
const UNEXPECTED_EXIT = 6;

/** `punchline lab matrix`: lets every pair meet. Resolves with 0 where all went as it can, else with 6. */
export async function runLabMatrix(args: LabMatrixArguments): Promise<number> {
  const pairs = readPairs(args);
  const runs = whole('--runs', args.runs, 1000) ?? 5;
  const attempts = whole('--attempts', args.attempts, 100) ?? 5;
  const parallel = whole('--parallel', args.parallel, 64) ?? availableParallelism();
  let done = 0;
  const results = await runMatrix(pairs, {
    runs,
    attempts,
    parallel,
    done: (result) => {
      done += 1;
      if (args.json === true) {
        process.stdout.write(formatJsonLine(pairJson(result)));
      } else if (process.stderr.isTTY) {
        process.stderr.write(`\r${done} of ${pairs.length} pairs `);
      }
    },
  });
  if (args.json !== true && process.stderr.isTTY) {
    process.stderr.write('\r\u001B[K');
  }
  process.stdout.write(args.json === true ? formatJsonLine(matrixJson(results)) : matrixTable(results));
  return results.every(({ asExpected }) => asExpected) ? 0 : UNEXPECTED_EXIT;
}

function readPairs(args: LabMatrixArguments): Pair[] {
  const { answers, delay, filterings, jitter, kinds, loss, pairs: given = [] } = args;
  const line = {
    delayMs: readNumber('--delay', delay, { min: 0, max: 60_000 }) ?? 20,
    jitterMs: readNumber('--jitter', jitter, { min: 0, max: 60_000 }) ?? 0,
    lossPercent: readNumber('--loss', loss, { min: 0, max: 100 }) ?? 0,
  };
  const list = {
    kinds: (kinds ?? defaultKinds).split(','),
    filterings: words('--filterings', filterings, filteringWords),
    answers: words('--answers', answers, answerWords),
    line,
  };
  if (given.length > 0 && [kinds, filterings, answers].some((option) => option !== undefined)) {
    throw new PunchlineError(
      'ERR_USAGE',
      'pairs and lists of kinds, filterings or answers do not go together',
      {
        hint: 'Name pairs, as in counting/rst:random, or give lists.',
      },
    );
  }
  const pairs = given.length > 0 ? given.map((pair) => parsePair(pair, line)) : matrixPairs(list);
  // Before an hour's work, not in the middle of it.
  for (const { a, b } of pairs) {
    checkDescription({ sites: { alice: a.site, bob: b.site } });
  }
  return pairs;
}

function words<Word>(
  option: string,
  list: string | undefined,
  known: Readonly<Record<string, Word>>,
): Word[] {
  return (list?.split(',') ?? []).map((word) => {
    const meaning = Object.hasOwn(known, word) ? known[word] : undefined;
    if (meaning !== undefined) {
      return meaning;
    }
    const meant = suggest(word, Object.keys(known));
    throw new PunchlineError(
      'ERR_USAGE',
      `${option}: ${quote(word)} is none of ${Object.keys(known).join(', ')}`,
      {
        hint: meant === undefined ? 'See punchline lab matrix --help.' : `Did you mean "${meant}"?`,
      },
    );
  });
}

function whole(option: string, text: string | undefined, max: number): number | undefined {
  return readNumber(option, text, { min: 1, max, whole: true });
}
