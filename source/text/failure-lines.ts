import { safeText } from './safe-text.ts';

/**
 * A failure as stderr tells it: what happened in one line, then what to do next.
 * Words of a stranger, of the command line or of a library cannot reach the terminal in it.
 */
export function failureLines({
  message,
  hint,
}: {
  readonly message: string;
  readonly hint?: string | undefined;
}): string {
  const next = hint === undefined || hint === '' ? '' : `${safeText(hint)}\n`;
  return `punchline: ${safeText(message)}\n${next}`;
}

/** A bug as stderr tells it, with its stack. */
export function bugLines(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${safeText(text, { multiline: true })}\n`;
}
