import type { ErrorCode } from '../errors.ts';
import { safeText } from './safe-text.ts';

/** The page of the manual that says more about a failure. Usage is explained by --help. */
const pages: Readonly<Partial<Record<string, string>>> = {
  ERR_RENDEZVOUS_UNREACHABLE: 'troubleshooting',
  ERR_NO_SUCH_ROOM: 'troubleshooting',
  ERR_PEER_LEFT: 'troubleshooting',
  ERR_WRONG_CODE: 'troubleshooting',
  ERR_CONNECTION_LOST: 'troubleshooting',
  ERR_PUNCH_FAILED: 'punching',
} satisfies Partial<Record<ErrorCode, string>>;

/** What to do next, in a line: the hint, and where the manual says more. Empty if there is neither. */
export function nextText({
  code = '',
  hint = '',
}: {
  readonly code?: string | undefined;
  readonly hint?: string | undefined;
}): string {
  const page = pages[code];
  return [hint, page === undefined ? '' : `More: punchline help ${page}`].filter(Boolean).join(' ');
}

/**
 * A failure as stderr shows it: one line that says what happened, then one that
 * says what to do next. Both are made safe, because they may quote a stranger,
 * the command line or a library.
 */
export function failureLines({
  message,
  ...failure
}: {
  readonly message: string;
  readonly code?: string | undefined;
  readonly hint?: string | undefined;
}): string {
  const next = nextText(failure);
  return `punchline: ${safeText(message)}\n${next === '' ? '' : `${safeText(next)}\n`}`;
}

/** A bug as stderr shows it, with its stack. Whoever reads the stack needs `program`, its name and version, to find the lines. */
export function bugLines(error: unknown, program: string): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${safeText(text, { multiline: true })}\n${program}\n`;
}
