/** The two files of a class: the teacher's notice, and where a learner remembers the class. This file is pure. */
import * as v from 'valibot';
import { parseJson } from '../../text/parse-json.ts';

const MAX_PATH = 4096;
const MAX_EXERCISES = 200;

const noticeSchema = v.strictObject({
  v: v.literal(1),
  /** The names of the exercises that stop at the prediction. */
  frozen: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,30}$/))), v.maxLength(MAX_EXERCISES)),
});

/** What a teacher tells the class. */
export type ClassNotice = v.InferOutput<typeof noticeSchema>;

const membershipSchema = v.strictObject({
  v: v.literal(1),
  folder: v.pipe(v.string(), v.maxLength(MAX_PATH)),
  /** The user who owned the folder when it was joined. Another owner is another class. */
  teacher: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

/** The class that a user belongs to. */
export type Membership = v.InferOutput<typeof membershipSchema>;

/** Throws an Error with the reason. */
export function parseNotice(text: string): ClassNotice {
  return parsed(noticeSchema, text);
}

/** Throws an Error with the reason. */
export function parseMembership(text: string): Membership {
  return parsed(membershipSchema, text);
}

function parsed<Schema extends typeof noticeSchema | typeof membershipSchema>(
  schema: Schema,
  text: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, parseJson(text));
  if (result.success) {
    return result.output;
  }
  const place = v.getDotPath(result.issues[0]);
  throw new Error(`${place === null ? '' : `${place}: `}${result.issues[0].message}`);
}

/** The notice after the exercises were frozen, or released. */
export function withFrozen(notice: ClassNotice, ids: readonly string[], isFrozen: boolean): ClassNotice {
  const others = notice.frozen.filter((id) => !ids.includes(id));
  return { ...notice, frozen: isFrozen ? [...others, ...ids] : others };
}
