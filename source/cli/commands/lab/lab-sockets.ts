import type { Socket } from 'node:net';
import { formatJsonLine } from '../../../text/json-line.ts';
import { quote } from '../../../text/safe-text.ts';
import { errorCode, PunchlineError, usageError } from '../../../errors.ts';
import { isAddress } from '../../../network/address.ts';
import { formatEndpoint, parseServer } from '../../../network/endpoint.ts';
import { listen, type Listener } from '../../../network/listen.ts';
import { anyAddress } from '../../../network/nat64/translation.ts';
import { clientEndpoint, dialledEndpoint } from '../../../network/sockets.ts';
import { labDialOptions, labListenOptions } from '../../options/lab-options.ts';
import type { Options, Typed } from '../../options/option.ts';
import { camelOf, dashed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { askLab } from '../../../lab/named/lab-client.ts';
import { runInPlace } from '../../../lab/named/run-in-place.ts';
import { ownCommand } from '../../../lab/program.ts';
import { dialFrom } from '../../../lab/sockets/dial-from.ts';
import { dialFields, dialSentence, type EndpointText } from '../../../lab/sockets/socket-report.ts';

/** Nobody has connected in time. It is the exit code of a peer that did not come. */
const NOBODY_EXIT = 4;
/** There is no connection. It is the exit code of a failed punch. */
const FAILED_EXIT = 6;

export interface LabDialArguments extends Typed<typeof labDialOptions> {
  /** `[NAME HOST] ENDPOINT` */
  readonly words: readonly string[];
}

/** `punchline lab dial`: dials from a host of a lab, or from here. Resolves with 0 if there is a connection. */
export async function runLabDial({ words, ...args }: LabDialArguments): Promise<number> {
  const options = readOptions(labDialOptions, args);
  const [endpoint = '', host, name] = words.toReversed();
  if (words.length !== 1 && words.length !== 3) {
    throw usageError(
      'lab dial takes NAME HOST ENDPOINT, or inside a lab ENDPOINT alone',
      'For example: punchline lab dial class alice 50.0.2.2:4000 --from 4000.',
    );
  }
  const to = readTarget(endpoint);
  if (name !== undefined && host !== undefined) {
    return inside(name, host, ['dial', endpoint, ...wordsOf(labDialOptions, args)]);
  }
  const tell = teller('dial', options.json === true);
  return dialHere(to, { ...options, tell });
}

interface LabListenArguments extends Typed<typeof labListenOptions> {
  readonly name?: string | undefined;
  readonly host?: string | undefined;
}

/** `punchline lab listen`: accepts one connection in a host of a lab, or here. Resolves with 0 if somebody has connected. */
export async function runLabListen({ name, host, ...args }: LabListenArguments): Promise<number> {
  const { 6: ipv6, from = 0, json, wait } = readOptions(labListenOptions, args);
  if (name !== undefined && host === undefined) {
    throw usageError('lab listen takes NAME HOST, or inside a lab neither', 'Name the host, too.');
  }
  if (name !== undefined && host !== undefined) {
    return inside(name, host, ['listen', ...wordsOf(labListenOptions, args)]);
  }
  const tell = teller('listen', json === true);
  const visitors = Promise.withResolvers<Socket | undefined>();
  const listener = await openListener(from, ipv6 === true ? 6 : 4, visitors.resolve);
  tell(
    { state: 'listening', local: formatEndpoint(listener.endpoint) },
    `listening on port ${listener.endpoint.port}`,
  );
  const timer = setTimeout(() => visitors.resolve(undefined), wait);
  const visitor = await visitors.promise;
  clearTimeout(timer);
  listener.close();
  if (visitor === undefined) {
    tell({ state: 'timeout' }, `nobody has connected within ${wait / 1000} s`);
    return NOBODY_EXIT;
  }
  tellVisitor(visitor, tell);
  return 0;
}

/** Runs this program inside a host, where it asks no lab. */
async function inside(name: string, host: string, words: readonly string[]): Promise<number> {
  return runInPlace(await askLab(name, { do: 'show' }), host, ownCommand(['lab', ...words]));
}

/** The options as they were typed. */
function wordsOf(options: Options, typed: object): string[] {
  const given = typed as Readonly<Record<string, string | boolean | undefined>>;
  return Object.keys(options).flatMap((name) => {
    const value = given[camelOf(name)];
    if (value === undefined || value === false) {
      return [];
    }
    return value === true ? [dashed(name)] : [`${dashed(name)}=${value}`];
  });
}

function readTarget(text: string): EndpointText {
  const { host, port } = parseServer(text);
  if (!isAddress(host)) {
    throw usageError(
      `${quote(host)} is no address`,
      'A lab has no names: write ADDRESS:PORT, as lab list shows them.',
    );
  }
  return { address: host, port };
}

type Tell = (fields: Readonly<Record<string, unknown>>, sentence: string) => void;

function teller(event: 'dial' | 'listen', json: boolean): Tell {
  return (fields, sentence) =>
    void process.stdout.write(json ? formatJsonLine({ v: 1, event, ...fields }) : `${sentence}\n`);
}

interface DialHere {
  readonly from: number | undefined;
  readonly listen: boolean | undefined;
  readonly wait: number;
  readonly tell: Tell;
}

/** With `listen` it ends when one of the two ways has led to a connection, or the time is over. */
async function dialHere(
  to: EndpointText,
  { from = 0, listen: alsoListens, tell, wait }: DialHere,
): Promise<number> {
  const over = new AbortController();
  const visitors = Promise.withResolvers<Socket>();
  let listener: Promise<Listener> | undefined;
  function onBound(port: number) {
    tell(
      { state: 'dialling', remote: formatEndpoint(to), port },
      `dialling ${formatEndpoint(to)} from port ${port}`,
    );
    if (alsoListens === true) {
      // The dial goes first: once something listens on a port, no dial can leave from it.
      setImmediate(() => {
        listener = openListener(port, to.address.includes(':') ? 6 : 4, visitors.resolve);
        listener.then(
          () => tell({ state: 'listening', port }, `listening on port ${port}, too`),
          (error: unknown) => visitors.reject(error),
        );
      });
    }
  }
  const ended = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), wait).unref());
  const dialled = dialFrom({ to, port: from, timeoutMs: wait, onBound, signal: over.signal });
  try {
    const report = await Promise.race([dialled, visitors.promise]);
    if (report !== undefined && 'outcome' in report) {
      tell(dialFields(to, report), dialSentence(to, report));
      report.socket?.end();
      if (report.outcome === 'connected') {
        return 0;
      }
    }
    const visitor =
      report !== undefined && !('outcome' in report)
        ? report
        : alsoListens === true
          ? await Promise.race([visitors.promise, ended])
          : undefined;
    if (visitor === undefined) {
      return FAILED_EXIT;
    }
    tellVisitor(visitor, tell);
    return 0;
  } finally {
    over.abort();
    (await listener?.catch(() => undefined))?.close();
  }
}

function tellVisitor(visitor: Socket, tell: Tell): void {
  const remote = clientEndpoint(visitor);
  const local = formatEndpoint(dialledEndpoint(visitor));
  const from = remote === undefined ? 'somebody who has left already' : formatEndpoint(remote);
  tell(
    { state: 'accepted', remote: remote === undefined ? null : from, local },
    `accepted: ${from} has connected to ${local}`,
  );
  visitor.end();
}

async function openListener(
  port: number,
  family: 4 | 6,
  onSocket: (socket: Socket) => void,
): Promise<Listener> {
  try {
    return await listen({ address: anyAddress(family), port, family, onSocket });
  } catch (cause) {
    const code = errorCode(cause);
    throw code === 'EACCES'
      ? new PunchlineError('ERR_PERMISSION', `this user may not listen on port ${port}`, {
          hint: 'Ports below 1024 are for root: take a higher one.',
          cause,
        })
      : new PunchlineError(
          'ERR_PORT_IN_USE',
          `nothing can listen on port ${port}: ${code ?? String(cause)}`,
          {
            hint: 'Another program listens there, or take another port.',
            cause,
          },
        );
  }
}
