import * as v from 'valibot';

const schema = v.object({
  // As safe-file-name.ts makes them: a journal leads nowhere else.
  path: v.pipe(v.string(), v.regex(/^(?:$|(?!\.{0,2}(?:\/|$))[^/\\:]+(?:\/(?!\.{0,2}(?:\/|$))[^/\\:]+)*$)/)),
  isFolder: v.boolean(),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** What was begun of an offer, in order, and which process did. */
export interface Journal {
  readonly owner: number;
  readonly entries: readonly v.InferOutput<typeof schema>[];
}

/** Undefined where it is none that can be gone on with. A last line that was not written to its end does not count. */
export function parseJournal(lines: string, owner: string): Journal | undefined {
  const pid = Number(owner);
  if (!Number.isInteger(pid) || pid < 1) return undefined;
  const entries: v.InferOutput<typeof schema>[] = [];
  for (const line of lines.split('\n').slice(0, -1)) {
    try {
      entries.push(v.parse(schema, JSON.parse(line)));
    } catch {
      return undefined;
    }
  }
  return { owner: pid, entries };
}
