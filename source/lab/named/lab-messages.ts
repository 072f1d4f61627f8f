/**
 * The requests to the daemon of a lab and its answers: one line of JSON each way
 * on a connection.
 */
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import { exitCodes, PunchlineError, type ErrorCode } from '../../errors.ts';
import type { LabDescription } from '../plan/description.ts';
import { labSchema } from '../plan/lab-file.ts';
import { parseJson } from '../../text/parse-json.ts';

/** Bounds a line. 200 sites with all their words take 60 KB. */
const MAX_LINE_BYTES = 1_048_576;

/** Bounds a cut to a day; nobody waits longer for a line to come back. */
export const MAX_CUT_SECONDS = 86_400;

const requestSchema = v.variant('do', [
  v.strictObject({ do: v.literal('show') }),
  v.strictObject({ do: v.literal('down') }),
  v.strictObject({
    do: v.literal('cut'),
    line: v.string(),
    seconds: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_CUT_SECONDS))),
  }),
  v.strictObject({ do: v.literal('restore'), line: v.string() }),
  v.strictObject({ do: v.literal('rebind'), site: v.string() }),
]);

export type Request = v.InferOutput<typeof requestSchema>;

const placeSchema = v.strictObject({
  name: v.string(),
  addresses: v.array(v.string()),
  /** The command line that runs a program inside; the program is appended to it. */
  enter: v.array(v.string()),
});

const siteSchema = v.strictObject({
  name: v.string(),
  about: v.string(),
  hosts: v.array(v.string()),
  /** The address under which the outside sees the site; null without a NAT. */
  external: v.nullable(v.string()),
  cut: v.boolean(),
});

const stateSchema = v.strictObject({
  name: v.string(),
  /** The process of the daemon. When it ends, the lab ends. */
  pid: v.number(),
  /** Milliseconds since the epoch. */
  since: v.number(),
  /** From which the lab was made. `lab watch` reads it. */
  description: v.pipe(
    labSchema,
    v.transform((description): LabDescription => description),
  ),
  sites: v.array(siteSchema),
  hosts: v.array(placeSchema),
  routers: v.array(placeSchema),
  rendezvousCut: v.boolean(),
});

/** A place in a lab: its addresses, and the command line that enters it. */
export type Place = v.InferOutput<typeof placeSchema>;
/** The state of a lab, as its daemon tells it. */
export type LabState = v.InferOutput<typeof stateSchema>;

const answerSchema = v.variant('ok', [
  v.strictObject({ ok: v.literal(true), state: stateSchema }),
  v.strictObject({
    ok: v.literal(false),
    code: v.picklist(Object.keys(exitCodes) as ErrorCode[]),
    message: v.string(),
    hint: v.exactOptional(v.string()),
  }),
]);

export type Answer = v.InferOutput<typeof answerSchema>;

/** Throws ERR_USAGE for an unknown request, because other programs of this user can write to the socket, too. */
export function parseRequest(line: string): Request {
  const result = v.safeParse(requestSchema, jsonOf(line));
  if (result.success) {
    return result.output;
  }
  throw new PunchlineError(
    'ERR_USAGE',
    `the daemon of a lab does not understand this: ${result.issues[0].message}`,
  );
}

/** Throws ERR_NETWORK for any other answer, for example one of an older version of this program. */
export function parseAnswer(line: string): Answer {
  const result = v.safeParse(answerSchema, jsonOf(line));
  if (result.success) {
    return result.output;
  }
  throw new PunchlineError('ERR_NETWORK', 'the daemon of the lab gave an answer that is not understood', {
    hint: 'It may belong to another version of this program: end the lab with that version, or end its process.',
    cause: result.issues,
  });
}

/** The answer that tells of a failure. */
export function refusal({ code, hint, message }: PunchlineError): Answer {
  return { ok: false, code, message, ...(hint === undefined ? {} : { hint }) };
}

function jsonOf(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}

/** The first line of a stream without its newline; undefined if the stream ends before. Rejects with ERR_USAGE if it is too long. */
export async function readLine(stream: Readable): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    function settle(outcome: () => void) {
      stream.off('data', take).off('end', end).off('error', end).off('close', end);
      outcome();
    }
    function end() {
      return settle(() => resolve(undefined));
    }
    function take(chunk: Buffer) {
      const newline = chunk.indexOf('\n');
      chunks.push(newline < 0 ? chunk : chunk.subarray(0, newline));
      size += chunk.length;
      if (newline >= 0) {
        settle(() => resolve(Buffer.concat(chunks).toString('utf8')));
      } else if (size > MAX_LINE_BYTES) {
        settle(() => reject(new PunchlineError('ERR_USAGE', `a line of more than ${MAX_LINE_BYTES} bytes`)));
      }
    }
    if (stream.readableEnded || stream.destroyed) {
      resolve(undefined);
    }
    stream.on('data', take).once('end', end).once('error', end).once('close', end);
  });
}
