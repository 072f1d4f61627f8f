import { safeText } from './safe-text.ts';

/**
 * A failure as stderr shows it: one line that says what happened, then one that
 * says what to do next. Both are made safe, because they may quote a stranger,
 * the command line or a library.
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

/** A bug as stderr shows it, with its stack. */
export function bugLines(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${safeText(text, { multiline: true })}\n`;
}
