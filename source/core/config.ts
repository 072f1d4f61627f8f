import * as v from 'valibot';
import { PunchlineError } from '../errors.ts';
import { parseServer } from './endpoint.ts';
import { quote } from './quote.ts';

const schema = v.strictObject({
  server: v.optional(v.string('a text')),
  name: v.optional(v.string('a text')),
});

/** What a user may set once and for all: `server` and `name`, as the options of the same names. */
export type Config = v.InferOutput<typeof schema>;

/** Reads the text of the config file at `path`. Throws ERR_USAGE, which names the file and the key. */
export function parseConfig(text: string, path: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(path, 'it is not JSON', cause);
  }
  // An array is an object to JavaScript, and to the schema one without keys.
  const result = v.safeParse(schema, Array.isArray(value) ? undefined : value);
  if (!result.success) {
    const [issue] = result.issues;
    const key = v.getDotPath(issue);
    if (key === null) throw bad(path, 'it is not a JSON object');
    const known = Object.keys(schema.entries).join(' and ');
    throw bad(
      path,
      issue.expected === 'never' ? `${quote(key)} is no key; ${known} are` : `${key} is not ${issue.message}`,
    );
  }
  try {
    if (result.output.server !== undefined) parseServer(result.output.server);
  } catch (cause) {
    throw bad(path, `server: ${cause instanceof Error ? cause.message : ''}`, cause);
  }
  return result.output;
}

function bad(path: string, why: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_USAGE', `the config file ${path}: ${why}`, {
    hint: 'Mend or remove it.',
    cause,
  });
}
