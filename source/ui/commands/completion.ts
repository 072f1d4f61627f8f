/** The result of Tab for the text before the cursor. */
export interface Completion {
  readonly text: string;
  /** The possible completions, if there are several. */
  readonly choices: readonly string[];
}

/** The longest beginning that all words share. It never ends within a surrogate pair. */
export function sharedBeginning(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let { length } = first;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) {
      length -= 1;
    }
  }
  return first.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}
