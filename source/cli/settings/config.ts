import * as v from 'valibot';
import { PunchlineError } from '../../errors.ts';
import { parsePlaces } from '../../protocol/place-address.ts';
import { type KeySettings, parseKeySettings } from '../../ui/settings/key-map.ts';
import { quote, safeText } from '../../text/safe-text.ts';
import { chatOptions, configOnly } from '../options/chat-options.ts';
import { configurable, type Choice, type Configured, type Flag, type Text } from '../options/option.ts';
import { suggest } from '../../text/suggest.ts';

const texts = v.union([v.string(), v.array(v.string())], 'a key, such as "Ctrl-A", or a list of keys');

const options = { ...chatOptions, ...configOnly };

/** What a user may set for all runs: what keys do, and some options, by their names. */
export interface Config extends Configured<typeof options> {
  readonly keys?: KeySettings | undefined;
}

const schema = v.strictObject({
  ...Object.fromEntries(
    configurable(options).map(([name, option]) => [name, v.optional(valueSchema(option))]),
  ),
  keys: v.optional(
    v.pipe(
      v.custom<object>((given) => !Array.isArray(given), 'an object of actions'),
      v.record(v.string(), texts, 'an object of actions'),
    ),
  ),
});

function valueSchema(option: Choice | Flag | Text): v.GenericSchema {
  switch (option.kind) {
    case 'flag': {
      return v.boolean('true or false');
    }
    case 'choice': {
      return v.picklist(option.choices, `one of ${option.choices.join(', ')}`);
    }
    case 'text': {
      const { ifEmpty } = option;
      return ifEmpty === undefined ? v.string('a text') : v.pipe(v.string('a text'), v.nonEmpty(ifEmpty));
    }
  }
}

/** Reads the text of the config file at `path`. Throws ERR_USAGE, which names the file and the key. */
export function parseConfig(text: string, path: string): Config {
  let value: unknown;
  try {
    // Some editors begin a file with a byte order mark, which is no JSON.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw bad(path, 'it is not JSON', { cause });
  }
  // To JavaScript an array is an object. The schema would take it for one without keys.
  const result = v.safeParse(schema, Array.isArray(value) ? undefined : value);
  if (!result.success) {
    throw issueOf(path, result.issues[0]);
  }
  const { keys, ...others } = result.output as Omit<Config, 'keys'> & {
    readonly keys?: Parameters<typeof parseKeySettings>[0];
  };
  const { here, server } = others;
  if (server !== undefined && here === true) {
    throw bad(path, 'server and here exclude each other', {
      hint: 'Leave one of them out: with here, this machine is the place.',
    });
  }
  try {
    if (server !== undefined) {
      parsePlaces(server);
    }
  } catch (cause) {
    throw bad(path, `server: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
  return { ...others, keys: keys && parseKeySettings(keys, (why, hint) => bad(path, why, { hint })) };
}

function issueOf(path: string, issue: v.BaseIssue<unknown>): PunchlineError {
  const key = v.getDotPath(issue);
  if (key === null) {
    return bad(path, 'it is not a JSON object', {});
  }
  // Names of our own are shorter. The name of an action comes from the file, and may be anything.
  if (issue.expected !== 'never') {
    return bad(path, `${safeText(key.slice(0, 60))} is not ${issue.message}`, {});
  }
  const known = Object.keys(schema.entries);
  const meant = suggest(key, known);
  const list = `${known.slice(0, -1).join(', ')} and ${known.at(-1)}`;
  return bad(path, `${quote(key)} is not a key; the keys are ${list}`, {
    hint: meant === undefined ? undefined : `Did you mean "${meant}"?`,
  });
}

function bad(
  path: string,
  why: string,
  { hint = 'Fix or delete it.', cause }: { hint?: string | undefined; cause?: unknown },
): PunchlineError {
  return new PunchlineError('ERR_USAGE', `the config file ${path}: ${why}`, { hint, cause });
}
