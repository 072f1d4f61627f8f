import { Session } from 'node:inspector';

/**
 * How many steps a computation takes, the same on every machine: each block of
 * JavaScript that V8 runs is one, in the project's files and in those of its
 * libraries. Built-in functions that work on a text are not seen by that: the
 * length of the text is added for each of their calls.
 */
export interface StepCounter extends Disposable {
  /** Counts also the few steps since it was asked last, so ask it at once again. */
  readonly stepsOf: (run: () => void) => number;
}

export function createStepCounter(): StepCounter {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  /** How many blocks have run since it was asked last. */
  function blocks(): number {
    let count = 0;
    session.post('Profiler.takePreciseCoverage', (error, coverage) => {
      if (error !== null) {
        throw new Error('V8 gives no coverage', { cause: error });
      }
      for (const { functions, url } of coverage.result) {
        if (url.startsWith('node:') || url.includes('test/helpers/steps')) {
          continue;
        }
        for (const { ranges } of functions) {
          for (const range of ranges) {
            count += range.count;
          }
        }
      }
    });
    return count;
  }
  return {
    stepsOf: (run) => {
      let built = 0;
      const restore = countBuiltins((length) => {
        built += length;
      });
      try {
        run();
      } finally {
        restore();
      }
      return built + blocks();
    },
    [Symbol.dispose]: () => {
      session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}

/** Functions that look through the text that they are called on, or given. */
const ofStrings = [
  'replace',
  'replaceAll',
  'match',
  'matchAll',
  'search',
  'split',
  'trim',
  'trimEnd',
  'trimStart',
  'normalize',
  'toLowerCase',
  'toUpperCase',
  'indexOf',
  'lastIndexOf',
  'includes',
  'codePointAt',
] as const;

type AnyFunction = (this: unknown, ...given: readonly unknown[]) => unknown;

function countBuiltins(onCall: (length: number) => void): () => void {
  const undo: (() => void)[] = [];
  function wrap(
    holder: object,
    name: string,
    lengthOf: (self: unknown, given: readonly unknown[]) => number,
  ) {
    const owner = holder as Record<string, AnyFunction>;
    const original = owner[name] as AnyFunction;
    owner[name] = function counted(this: unknown, ...given: readonly unknown[]) {
      onCall(lengthOf(this, given));
      return Reflect.apply(original, this, given);
    };
    undo.push(() => {
      owner[name] = original;
    });
  }
  for (const name of ofStrings) {
    wrap(String.prototype, name, (self) => (name === 'codePointAt' ? 1 : String(self).length));
  }
  wrap(Array.prototype, 'join', (self) => (self as readonly unknown[]).length);
  wrapMatching(onCall, undo);
  wrap(Intl.Segmenter.prototype, 'segment', (_self, [text]) => String(text).length);
  wrap(URL, 'parse', (_self, [text]) => String(text).length);
  return () => {
    for (const one of undo.toReversed()) {
      one();
    }
  };
}

/** An expression looks at the text from where it begins to the end of what it finds, or of the text. */
function wrapMatching(onCall: (length: number) => void, undo: (() => void)[]): void {
  const owner: { exec: (this: RegExp, text: string) => RegExpExecArray | null } = RegExp.prototype;
  const original = owner.exec;
  owner.exec = function counted(text) {
    const from = this.global || this.sticky ? this.lastIndex : 0;
    const match = original.call(this, text);
    const to = match === null ? (this.sticky ? from : text.length) : match.index + match[0].length;
    onCall(1 + to - from);
    return match;
  };
  undo.push(() => {
    owner.exec = original;
  });
}
