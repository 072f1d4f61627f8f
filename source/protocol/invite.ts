import { PunchlineError } from '../errors.ts';
import { type Code, formatCode, parseCode } from './code.ts';
import { formatServer, parseServer, type Server } from '../network/endpoint.ts';

/** One person passes it on to the other: the code, and the rendezvous where the two can meet. */
export interface Invite {
  readonly code: Code;
  /** Absent if the invite names none; then the rendezvous comes from an option, the environment or the config file. */
  readonly server?: Server;
}

const form =
  'An invite is CODE[@HOST[:PORT]], for example 7-velvet-orbit@example.org; an IPv6 address stands in brackets: 7-velvet-orbit@[2001:db8::1].';

/**
 * Reads `CODE[@HOST[:PORT]]`.
 * @throws PunchlineError ERR_USAGE
 */
export function parseInvite(text: string): Invite {
  const trimmed = text.trim();
  if (trimmed === '') {
    throw new PunchlineError('ERR_USAGE', 'the invite is empty', { hint: form });
  }
  const at = trimmed.indexOf('@');
  if (at === -1) {
    return { code: parseCode(trimmed) };
  }
  if (at === 0) {
    throw new PunchlineError('ERR_USAGE', 'the invite has no code before the @', { hint: form });
  }
  const code = parseCode(trimmed.slice(0, at));
  const server = trimmed.slice(at + 1);
  if (server === '') {
    throw new PunchlineError('ERR_USAGE', 'the invite has no server after the @', { hint: form });
  }
  return { code, server: parseServer(server) };
}

/** `7-velvet-orbit@example.org`. The port is left out if it is 8877. */
export function formatInvite({ code, server }: Invite): string {
  return server === undefined ? formatCode(code) : `${formatCode(code)}@${formatServer(server)}`;
}
