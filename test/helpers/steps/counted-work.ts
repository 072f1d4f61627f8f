/**
 * Counts what a call does, the same on every machine: how often V8 runs each
 * block of JavaScript, in the packages too, and how much is handed to the parts
 * of the language that are no JavaScript. Import it before what is measured:
 * only functions that are compiled afterwards tell of their blocks.
 */
import { Buffer } from 'node:buffer';
import { type Profiler, Session } from 'node:inspector';

export interface Work {
  /** Blocks that ran, and characters and items that built-in functions went through. */
  readonly steps: number;
  /** The blocks alone: what built-in functions go through in one call costs far less for each character. */
  readonly blocks: number;
  /** The longest list of arguments: each takes its place on the stack. */
  readonly mostArguments: number;
  /** The regular expressions that were run, as `/source/flags`. */
  readonly expressions: ReadonlySet<string>;
}

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** The steps of JavaScript since it was last called, without those of what makes and counts the texts. */
function takeBlocks(): number {
  let blocks = 0;
  // Without a connection in between, the answer is there when the call returns.
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

/** The original: what counts must not count itself. */
const { max } = Math;

/** What counts while something is measured. */
let built = 0;
let mostArguments = 0;
let expressions = new Set<string>();

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
/** From where it looks, to where it found something. */
const ofSearch: Cost = (self, [, from = 0], result) => (result === -1 ? sizeOf(self) : result) - from + 1;
/** From where a match was looked for, to the end of what was found, or of all. */
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

/** Puts `replacement(original)` in the place of a function; returns what puts the original back. */
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
    // A function, not an arrow: what it is called on is what it counts.
    return function counting(this: Anything, ...args: Anything[]): Anything {
      const result = Reflect.apply(original, this, args);
      built += max(1, cost(this, args, result));
      mostArguments = max(mostArguments, args.length);
      return result;
    };
  });
}

function countBuiltIns(): readonly (() => void)[] {
  const undo = costs.flatMap(([owner, functions]) =>
    Object.entries(functions).map(([name, cost]) => counted(owner, name, cost)),
  );
  undo.push(
    // All that matches goes through it, once it is not the language's own.
    patch(RegExp.prototype, 'exec', (original) => {
      return function exec(this: RegExp, text: string): RegExpExecArray | null {
        const from = this.global || this.sticky ? this.lastIndex : 0;
        const result = Reflect.apply(original, this, [text]) as RegExpExecArray | null;
        expressions.add(String(this));
        built += max(1, ofMatch(from)(this, [text], result));
        return result;
      };
    }),
    // Whoever spreads or goes through a list.
    patch(Array.prototype, Symbol.iterator, (original) => {
      return function iterator(this: readonly unknown[]): unknown {
        built += this.length;
        return Reflect.apply(original, this, []);
      };
    }),
  );
  return undo;
}

/** What `run` does. It must not wait for anything. */
export function workOf(run: () => unknown): Work {
  built = 0;
  mostArguments = 0;
  expressions = new Set();
  takeBlocks();
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
