/** What stands between the values of an option that may be given more than once. No path holds a NUL. */
const separators = { exempt: ',', send: '\0' } as const;
type Repeatable = keyof typeof separators;

/** `--exempt A --exempt B` as one option with both: of all others that are given twice, the last one holds. */
export function gathered(words: readonly string[]): readonly string[] {
  const values = new Map<Repeatable, string[]>();
  const others: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const [, name, value] = /^--(exempt|send)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || (value === undefined && index + 1 === words.length)) {
      others.push(word);
      continue;
    }
    const option = name as Repeatable;
    values.set(option, [...(values.get(option) ?? []), value ?? words[(index += 1)] ?? '']);
  }
  return [...others, ...[...values].map(([name, all]) => `--${name}=${all.join(separators[name])}`)];
}
