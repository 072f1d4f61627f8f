import * as v from 'valibot';
import { ProtocolError } from '../errors.ts';
import { canonicalAddress, isAddress } from '../network/address.ts';
import { natKinds } from '../nat/nat-kind.ts';
import { natReport } from './nat-report.ts';
import { parseJson } from '../text/parse-json.ts';

/**
 * Every message between a client and the rendezvous. Each is a JSON object on
 * one line, and `t` names its type. Known fields are validated, unknown ones are
 * dropped. Bytes are sent as base64url and stay strings here.
 */

/** The version of the rendezvous protocol that this program speaks. */
export const RENDEZVOUS_VERSION = 1;

/** Bounds how long a side waits so that both SYNs leave together. */
export const MAX_START_IN_MS = 2000;

/** Bounds the round trip that a client may tell: a longer one is a stall, not a distance. */
const MAX_RTT_MS = 60_000;

/** `open` hands out room numbers below this; codes that people choose themselves have this number or a higher one. */
export const FIRST_OWN_NUMBER = 1000;
const MAX_ROOM_NUMBER = 999_999_999;

// Every kind of field has one check with one description, so that an error can say what was expected.
function bytes(min: number, max = min) {
  return v.custom<string>(
    (value) => {
      if (typeof value !== 'string' || !/^[\w-]*$/.test(value) || value.length % 4 === 1) {
        return false;
      }
      const length = Math.floor((value.length * 3) / 4);
      return length >= min && length <= max;
    },
    `${min === max ? min : `${min} to ${max}`} bytes of base64url`,
  );
}

function integer(min: number, max: number) {
  return v.custom<number>(
    (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
    `an integer from ${min} to ${max}`,
  );
}

function milliseconds(max: number) {
  return v.custom<number>(
    (value) => typeof value === 'number' && value >= 0 && value <= max,
    `a number from 0 to ${max}`,
  );
}

function text(max: number) {
  return v.custom<string>(
    (value) => typeof value === 'string' && value.length <= max,
    `a text of at most ${max} characters`,
  );
}

const port = integer(1, 65_535);

/** A zone is refused, because it names an interface of another machine. */
const address = v.pipe(
  v.custom<string>(
    (value) => typeof value === 'string' && !value.includes('%') && isAddress(value),
    'an IP address',
  ),
  v.transform(canonicalAddress),
);

const mapped = v.object({ address, port, probePort: v.optional(port) });

/** The server sees a client a second time here: its probe port, and its second address if it has one. */
const probe = { probe: v.optional(port), probeHost: v.optional(address) };

const version = v.literal(RENDEZVOUS_VERSION, `${RENDEZVOUS_VERSION}, the only version spoken here`);

const client = bytes(16);
const share = bytes(32);
const nonce = bytes(8, 64);
const token = bytes(8, 64);
/** A client that another server has sent here claims its place at the relay with it. */
const ticket = bytes(16);
const round = integer(1, 1000);
// 6,000 characters of base64url hold eight candidates and fit into a line.
const sealed = bytes(1, 4500);
const startInMs = milliseconds(MAX_START_IN_MS);
const outcomes = ['punched', 'relayed', 'failed'] as const;

/** The endpoint from which the server dials back: another port of the address that the client knows, or its second address. */
const dialBackFrom = v.picklist(['port', 'address'], 'port or address');
const dialBackOutcomes = ['connected', 'refused', 'timeout', 'unavailable'] as const;

/** Bounds a silent connection. A mapping that stays idle longer than this outlives every pause of a chat. */
export const MAX_SLEEP_MS = 900_000;

const open = v.object({ t: v.literal('open'), v: version, client });

const joinFields = {
  t: v.literal('join'),
  v: version,
  client,
  nonce,
  rttMs: milliseconds(MAX_RTT_MS),
  probeToken: v.optional(token),
  nat: v.optional(natReport),
  /** The client follows a `redirect` that answers its `relay`. */
  follows: v.optional(v.literal(true, 'true')),
  /** The client comes through a proxy. Then the server sees the proxy, and names no mapped endpoint of it. */
  proxied: v.optional(v.literal(true, 'true')),
};

/** Joins the room of a code. */
const join = v.object({
  ...joinFields,
  number: integer(0, MAX_ROOM_NUMBER),
  share,
  token: v.optional(token),
});

/** Joins the room of a session that has lost its channel. Only its two peers know the name, so they need no proof. */
const resume = v.object({
  ...joinFields,
  room: bytes(16),
  slot: v.picklist(['a', 'b'], 'a or b'),
});

const candidate = { t: v.literal('candidate'), sealed };
const [ping, pong] = [v.object({ t: v.literal('ping') }), v.object({ t: v.literal('pong') })];

/** A word of our list: the server can count it, and it identifies nobody. */
const natKind = v.optional(v.picklist(natKinds, `one of ${natKinds.join(', ')}`));

const done = v.object({
  t: v.literal('done'),
  outcome: v.picklist(outcomes, `one of ${outcomes.join(', ')}`),
  path: v.optional(v.picklist(['lan', 'direct', 'relay'], 'lan, direct or relay')),
  own: natKind,
  peer: natKind,
});

const clientMessage = v.variant('t', [
  open,
  join,
  /** `unopened` answers a seal that does not open. The server then keeps the guest's charge for a room joined in vain. */
  v.object({ ...candidate, unopened: v.optional(v.literal(true, 'true')) }),
  v.object({
    t: v.literal('round'),
    n: round,
    rttMs: v.optional(milliseconds(MAX_RTT_MS)),
    probeToken: v.optional(token),
  }),
  v.object({ t: v.literal('relay'), ticket: v.optional(ticket) }),
  done,
  v.object({ t: v.literal('observe'), v: version }),
  v.object({ t: v.literal('dial-back'), from: dialBackFrom }),
  v.object({ t: v.literal('wake'), v: version, afterMs: milliseconds(MAX_SLEEP_MS) }),
  ping,
  pong,
]);

const serverMessage = v.variant('t', [
  v.object({
    t: v.literal('opened'),
    number: integer(0, MAX_ROOM_NUMBER),
    you: v.optional(mapped),
    token,
    ...probe,
  }),
  v.object({ t: v.literal('waiting'), you: v.optional(mapped), ...probe }),
  v.object({
    t: v.literal('matched'),
    role: v.picklist(['a', 'b'], 'a or b'),
    /** Absent for a side that comes through a proxy. */
    you: v.optional(mapped),
    session: bytes(8, 64),
    peer: v.object({
      mapped: v.optional(mapped),
      share: v.optional(share),
      nonce,
      nat: v.optional(natReport),
    }),
    startInMs,
    /** The server is a part of the peer's program: after `relay`, this connection leads to the peer itself. */
    here: v.optional(v.literal(true, 'true')),
    ...probe,
  }),
  v.object(candidate),
  v.object({ t: v.literal('start'), n: round, startInMs, probePort: v.optional(port) }),
  v.object({ t: v.literal('relaying') }),
  v.object({ t: v.literal('observed'), you: mapped, ...probe }),
  v.object({
    t: v.literal('dialled-back'),
    from: dialBackFrom,
    outcome: v.picklist(dialBackOutcomes, `one of ${dialBackOutcomes.join(', ')}`),
    ms: milliseconds(MAX_RTT_MS),
  }),
  v.object({ t: v.literal('awake') }),
  v.object({ t: v.literal('relay-refused'), code: text(64), message: text(500) }),
  ping,
  pong,
  v.object({ t: v.literal('retry'), afterMs: milliseconds(3_600_000) }),
  v.object({ t: v.literal('redirect'), server: text(300), ticket: v.optional(ticket) }),
  /** `again`: the code is not spent, and may be tried again. */
  v.object({
    t: v.literal('error'),
    code: text(64),
    message: text(500),
    again: v.optional(v.literal(true, 'true')),
  }),
]);

const probeMessage = v.object({ t: v.literal('probe'), token });

/** An endpoint as the server sees it. `probePort` is the source port at its probe port, if the probe came in time. */
export type MappedEndpoint = v.InferOutput<typeof mapped>;
export type NatReport = v.InferOutput<typeof natReport>;
/** Any message of a client. */
export type ClientMessage = v.InferOutput<typeof clientMessage> | ResumeMessage;
/** Joins the room of a code. */
export type JoinMessage = v.InferOutput<typeof join>;
export type DoneMessage = v.InferOutput<typeof done>;
export type ResumeMessage = v.InferOutput<typeof resume>;
/** Any message of the server. Its texts are the server's: pass them through safeText() before you show them. */
export type ServerMessage = v.InferOutput<typeof serverMessage>;
/** The one line on a connection to the probe port. */
export type ProbeMessage = v.InferOutput<typeof probeMessage>;
/** The message of a union that has this `t`. */
export type MessageOf<Message extends { t: string }, T extends Message['t']> = Extract<Message, { t: T }>;

/** One line with its newline. */
export function formatMessage(message: ClientMessage | ServerMessage | ProbeMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/** Reads a line of a client. Throws ProtocolError, which names the field. */
export function parseClientMessage(line: string): ClientMessage {
  const value = parseObject(line);
  return 't' in value && value.t === 'join' && 'room' in value
    ? validate(resume, value)
    : validate(clientMessage, value);
}

/** Reads a line of the server. Throws ProtocolError, which names the field. */
export function parseServerMessage(line: string): ServerMessage {
  return validate(serverMessage, parseObject(line));
}

/** Reads the line of a probe connection. Throws ProtocolError, which names the field. */
export function parseProbeMessage(line: string): ProbeMessage {
  return validate(probeMessage, parseObject(line));
}

function parseObject(line: string): object {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (cause) {
    if (cause instanceof ProtocolError) {
      throw cause;
    }
    // A line that begins as JSON may hold a secret. Others help to find the cause: `HTTP/1.1 …`, `SSH-2.0-…`.
    const shown = line.startsWith('{') ? '' : `: ${shortened(line)}`;
    throw new ProtocolError(`not a line of JSON${shown}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError(`not a JSON object: ${shortened(line)}`);
  }
  return value;
}

function validate<Schema extends v.GenericSchema>(schema: Schema, value: object): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true });
  if (result.success) {
    return result.output;
  }
  throw new ProtocolError(describe(result.issues[0], value));
}

/** Fields whose values are secrets or mean nothing to a person. No error shows them, and so no log does. */
const unshown = new Set([
  'client',
  'room',
  'share',
  'nonce',
  'token',
  'ticket',
  'probeToken',
  'sealed',
  'session',
]);

function describe(issue: v.BaseIssue<unknown>, value: object): string {
  const field = v.getDotPath(issue) ?? '';
  const type = 't' in value ? value.t : undefined;
  if (field === 't') {
    return type === undefined ? 'a message without a type t' : `unknown message type ${shortened(type)}`;
  }
  // The peer chooses the field names of its NAT report, so they may hold any character.
  const subject = `${String(type)}: ${printable(field)} is`;
  if (issue.input === undefined) {
    return `${subject} missing`;
  }
  // Our own checks have a description; those of the library name the type.
  const expected = issue.message.startsWith('Invalid')
    ? `an ${issue.expected?.toLowerCase()}`
    : issue.message;
  return unshown.has(field.split('.').at(-1) ?? '')
    ? `${subject} not ${expected}`
    : `${subject} ${shortened(issue.input)}, not ${expected}`;
}

/** A value that is safe for a log line and a terminal: short, on one line, printable ASCII. */
function shortened(value: unknown): string {
  const json =
    typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : (JSON.stringify(value) ?? 'nothing');
  return printable(json);
}

function printable(value: string): string {
  const ascii = value.slice(0, 60).replaceAll(/[^ -~]/g, '?');
  return value.length > 60 ? `${ascii}…` : ascii;
}
