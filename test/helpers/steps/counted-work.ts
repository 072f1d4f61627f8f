/**
 * Counts the work of a call, with the same result on every machine: how often
 * V8 runs each block of JavaScript, in packages, too, and how much is handed to
 * built-in functions. Import this file before the code that is measured: only
 * functions that are compiled afterwards are counted.
 */
import { Buffer } from 'node:buffer';
import { type Profiler, Session } from 'node:inspector';

export interface Work {
  /** The blocks that ran, plus the characters and items that built-in functions went through. */
  readonly steps: number;
  /** The blocks alone. A built-in function takes far less time for each character than a block. */
  readonly blocks: number;
  /** The longest list of arguments. Each argument takes a place on the stack. */
  readonly mostArguments: number;
  /** The regular expressions that ran, as `/source/flags`. */
  readonly expressions: ReadonlySet<string>;
}

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** The blocks since the last call, without those that make the texts and count. */
function takeBlocks(): number {
  let blocks = 0;
  // The session is in this process, so the answer is there when the call returns.
  session.post('Profiler.takePreciseCoverage', (error, taken?: Profiler.TakePreciseCoverageReturnType) => {
    if (error !== null) {
      throw error;
    }
    for (const { url, functions } of taken?.result ?? []) {
      if (url.includes('/test/')) {
        continue;
      }
      for (const { ranges } of functions) {
        for (const { count } of ranges) {
          blocks += count;
        }
      }
    }
  });
  return blocks;
}

/** The original function, so that counting does not count itself. */
const { max } = Math;

/** The counters, which count only while something is measured. */
let built = 0;
let mostArguments = 0;
let expressions = new Set<string>();
let lastExpression: RegExp | undefined;

// oxlint-disable-next-line typescript/no-explicit-any -- any function of any built-in object
type Anything = any;
type Cost = (self: Anything, args: Anything[], result: Anything) => number;

function sizeOf(value: Anything): number {
  return value?.length ?? value?.size ?? 1;
}
const ofSelf: Cost = (self) => sizeOf(self);
const ofResult: Cost = (_, __, result) => sizeOf(result);
const ofArgument: Cost = (_, [first]) => sizeOf(first);
const ofArguments: Cost = (_, args) => args.length;
const ofSelfAndResult: Cost = (self, _, result) => sizeOf(self) + sizeOf(result);
/** The cost of a search: from its start to the match. */
const ofSearch: Cost = (self, [, from = 0], result) => (result === -1 ? sizeOf(self) : result) - from + 1;
/** The cost of a match: from its start to the end of the match, or of the text. */
function ofMatch(from: number): Cost {
  return (_, [text], result) => (result === null ? sizeOf(text) : result.index + result[0].length) - from;
}

const costs: readonly (readonly [object, Readonly<Record<string, Cost>>])[] = [
  [
    String.prototype,
    {
      ...Object.fromEntries(
        ['split', 'replace', 'replaceAll', 'match', 'matchAll', 'search', 'trim', 'trimEnd', 'trimStart']
          .concat(['includes', 'lastIndexOf', 'toLowerCase', 'toUpperCase', 'normalize', 'localeCompare'])
          .concat(['isWellFormed', 'toWellFormed'])
          .map((name) => [name, ofSelf]),
      ),
      indexOf: ofSearch,
      slice: ofResult,
      substring: ofResult,
      repeat: ofResult,
      padEnd: ofResult,
      padStart: ofResult,
      startsWith: ofArgument,
      endsWith: ofArgument,
    },
  ],
  [
    Array.prototype,
    {
      ...Object.fromEntries(
        ['concat', 'join', 'flat', 'toReversed', 'toSorted', 'reverse', 'sort', 'fill', 'with']
          .concat(['splice', 'toSpliced', 'includes', 'lastIndexOf', 'unshift', 'copyWithin', 'shift'])
          .map((name) => [name, ofSelfAndResult]),
      ),
      slice: ofResult,
      indexOf: ofSearch,
      push: ofArguments,
    },
  ],
  [Array, { from: ofResult, of: ofArguments }],
  [Math, { max: ofArguments, min: ofArguments }],
  [String, { fromCharCode: ofArguments, fromCodePoint: ofArguments, raw: ofArguments }],
  [JSON, { stringify: ofResult, parse: ofArgument }],
  [URL, { parse: ofArgument, canParse: ofArgument }],
  [Buffer, { byteLength: ofArgument, from: ofArgument, concat: ofResult }],
  [Intl.Segmenter.prototype, { segment: ofArgument }],
];

/** Replaces a function by `replacement(original)`. Returns a function that restores the original. */
function patch(
  owner: Anything,
  name: string | symbol,
  replacement: (original: Anything) => Anything,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)!;
  Object.defineProperty(owner, name, { ...descriptor, value: replacement(descriptor.value) });
  return () => Object.defineProperty(owner, name, descriptor);
}

function counted(owner: Anything, name: string | symbol, cost: Cost): () => void {
  return patch(owner, name, (original) => {
    // A function and not an arrow, because the count depends on `this`.
    return function counting(this: Anything, ...args: Anything[]): Anything {
      const result = Reflect.apply(original, this, args);
      built += max(1, cost(this, args, result));
      mostArguments = max(mostArguments, args.length);
      return result;
    };
  });
}

/** Writing it down takes longer than many a match, and most run again and again. */
function note(expression: RegExp): void {
  if (expression !== lastExpression) {
    lastExpression = expression;
    expressions.add(String(expression));
  }
}

function countBuiltIns(): readonly (() => void)[] {
  const undo = costs.flatMap(([owner, functions]) =>
    Object.entries(functions).map(([name, cost]) => counted(owner, name, cost)),
  );
  undo.push(
    // All methods that match call `exec`, once it is not the built-in one.
    patch(RegExp.prototype, 'exec', (original) => {
      return function exec(this: RegExp, text: string): RegExpExecArray | null {
        const from = this.global || this.sticky ? this.lastIndex : 0;
        const result = Reflect.apply(original, this, [text]) as RegExpExecArray | null;
        note(this);
        built += max(1, ofMatch(from)(this, [text], result));
        return result;
      };
    }),
    // Counts spreading and iterating a list.
    patch(Array.prototype, Symbol.iterator, (original) => {
      return function iterator(this: readonly unknown[]): unknown {
        built += this.length;
        return Reflect.apply(original, this, []);
      };
    }),
  );
  return undo;
}

/** Counts the work of each run, one after the other. All must be synchronous. */
export function worksOf(...runs: readonly (() => unknown)[]): readonly Work[] {
  takeBlocks();
  return runs.map(workOfNext);
}

/** Counts the work of `run`, which must be synchronous. */
export function workOf(run: () => unknown): Work {
  takeBlocks();
  return workOfNext(run);
}

/** The blocks before this run must have been taken. */
function workOfNext(run: () => unknown): Work {
  built = 0;
  mostArguments = 0;
  expressions = new Set();
  lastExpression = undefined;
  const undo = countBuiltIns();
  try {
    run();
  } finally {
    for (const restore of undo.toReversed()) {
      restore();
    }
  }
  const used = { steps: built, mostArguments, expressions };
  const blocks = takeBlocks();
  return { ...used, blocks, steps: used.steps + blocks };
}
