import { PunchlineError } from '../errors.ts';
import { type Code, formatCode, parseCode } from './code.ts';
import { formatServer, parseServer, type Server } from '../network/endpoint.ts';

/** What one person passes on to the other: the code, and where the two can meet. */
export interface Invite {
  readonly code: Code;
  /** Where the invite names none, it comes from elsewhere. */
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

/** `7-velvet-orbit@example.org`: the port is left out where it is 8877. */
export function formatInvite({ code, server }: Invite): string {
  return server === undefined ? formatCode(code) : `${formatCode(code)}@${formatServer(server)}`;
}
