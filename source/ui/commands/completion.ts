export interface Completion {
  readonly text: string;
  /** What it can be, where it is more than one. */
  readonly choices: readonly string[];
}

/** What all of them begin with, in whole characters. */
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
