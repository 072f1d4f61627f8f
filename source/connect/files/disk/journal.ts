import * as v from 'valibot';
import { isHiddenName } from '../wire/safe-file-name.ts';
import { parseJson } from '../../../text/parse-json.ts';

const schema = v.object({
  // As safe-file-name.ts makes them: a journal leads nowhere else.
  path: v.pipe(v.string(), v.regex(/^(?:$|(?!\.{0,2}(?:\/|$))[^/\\:]+(?:\/(?!\.{0,2}(?:\/|$))[^/\\:]+)*$)/)),
  isFolder: v.boolean(),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  // Whether the peer's name for it is a hidden one.
  isHidden: v.optional(v.boolean()),
  // Of a folder that has got another name than its path says: see local-paths.ts.
  key: v.optional(v.string()),
});

export type Begun = Readonly<v.InferOutput<typeof schema>>;

/** What was begun of an offer, in order, and which process did. */
export interface Journal {
  readonly owner: number;
  readonly entries: readonly Begun[];
}

/** Undefined where it is none that can be gone on with. A last line that was not written to its end does not count. */
export function parseJournal(lines: string, owner: string): Journal | undefined {
  const pid = Number(owner);
  if (!Number.isInteger(pid) || pid < 1) return undefined;
  const entries: Begun[] = [];
  for (const line of lines.split('\n').slice(0, -1)) {
    try {
      entries.push(v.parse(schema, parseJson(line)));
    } catch {
      return undefined;
    }
  }
  return { owner: pid, entries };
}

/** Whether all that was begun has the name that it is to have where hidden names stay, or do not. */
export function agreesWith({ entries }: Journal, keepsHidden: boolean): boolean {
  return entries.every(({ path, isHidden }) => {
    const components = path.split('/');
    if (!keepsHidden) return !components.some((component) => isHiddenName(component));
    return isHidden !== true || isHiddenName(components.at(-1) ?? '');
  });
}
