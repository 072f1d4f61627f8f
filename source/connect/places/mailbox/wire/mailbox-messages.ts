/**
 * What a client and a mailbox server of magic-wormhole say to each other: one JSON object in each WebSocket message
 * (docs/server-protocol.rst of magic-wormhole). Known fields are validated, unknown ones are dropped, and so are
 * messages that we have no use for.
 */
import * as v from 'valibot';
import { ProtocolError } from '../../../../errors.ts';
import { parseJson } from '../../../../text/parse-json.ts';

/** Bounds what a server can make us hold. Our longest message has 13 KB, and an `error` quotes it. */
export const MAX_PAYLOAD_BYTES = 65_536;

/** Names us among the applications of a server. Rooms of others are apart. The number is our version of what is in `add`. */
export const appId = 'punchline/1';

/** Bounds texts that name something. Those of known servers have at most 26 characters. */
const MAX_NAME_LENGTH = 200;
/** Bounds a text for people. */
const MAX_TEXT_LENGTH = 2000;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_LENGTH));
const textForPeople = v.pipe(
  v.string(),
  v.transform((text) => text.slice(0, MAX_TEXT_LENGTH)),
);

const welcome = v.pipe(
  v.object({
    type: v.literal('welcome'),
    welcome: v.object({
      motd: v.exactOptional(textForPeople),
      error: v.exactOptional(textForPeople),
      'permission-required': v.exactOptional(v.record(name, v.unknown())),
    }),
  }),
  v.transform(({ type, welcome: { motd, error, 'permission-required': required } }) => ({
    type,
    motd,
    error,
    /** The ways to be let in; undefined if the server asks for none. */
    permissions: required === undefined ? undefined : Object.keys(required),
  })),
);

const shapes = {
  welcome,
  allocated: v.object({ type: v.literal('allocated'), nameplate: name }),
  claimed: v.object({ type: v.literal('claimed'), mailbox: name }),
  message: v.object({
    type: v.literal('message'),
    side: v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH)),
    phase: v.string(),
    body: v.string(),
  }),
  error: v.object({ type: v.literal('error'), error: textForPeople }),
  pong: v.object({ type: v.literal('pong'), pong: v.number() }),
};

/** What a server says that matters to us. Texts are a stranger's: pass them through safeText(). */
export type MailboxMessage = {
  [T in keyof typeof shapes]: v.InferOutput<(typeof shapes)[T]>;
}[keyof typeof shapes];

export type MailboxMessageOf<T extends MailboxMessage['type']> = Extract<MailboxMessage, { type: T }>;

/** What we say. `id` is added when it is sent. */
export type MailboxRequest =
  | {
      readonly type: 'bind';
      readonly appid: string;
      readonly side: string;
      readonly client_version: readonly [string, string];
    }
  | { readonly type: 'allocate' }
  | { readonly type: 'claim'; readonly nameplate: string }
  | { readonly type: 'release' }
  | { readonly type: 'open'; readonly mailbox: string }
  | { readonly type: 'add'; readonly phase: string; readonly body: string }
  | { readonly type: 'close'; readonly mood: 'happy' | 'lonely' | 'errory' }
  | { readonly type: 'ping'; readonly ping: number };

const typed = v.object({ type: v.string() });

/** Reads one message of a server. Undefined for one that does not matter to us. Throws ProtocolError. */
export function parseMailboxMessage(text: string): MailboxMessage | undefined {
  const value = jsonOf(text);
  if (!v.is(typed, value)) {
    throw new ProtocolError('a message without a type');
  }
  if (!Object.hasOwn(shapes, value.type)) {
    return undefined;
  }
  const type = value.type as keyof typeof shapes;
  const result = v.safeParse(shapes[type], value, { abortEarly: true, abortPipeEarly: true });
  if (!result.success) {
    throw new ProtocolError(`a message ${type} with a bad ${v.getDotPath(result.issues[0]) ?? 'form'}`);
  }
  return result.output;
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    if (cause instanceof ProtocolError) {
      throw cause;
    }
    throw new ProtocolError('a message that is not JSON', { cause });
  }
}
