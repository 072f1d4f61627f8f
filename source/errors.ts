/**
 * The one error class of the program, and the exit code of every error code.
 * Every expected failure is a PunchlineError; anything else that is thrown is a
 * bug and is shown with its stack.
 */

/** Error code → exit code of the command. The readme lists both. */
export const exitCodes = {
  ERR_BUG: 1,

  ERR_USAGE: 2,
  ERR_MODE_MISMATCH: 2,

  ERR_RENDEZVOUS_UNREACHABLE: 3,
  ERR_RENDEZVOUS_PROTOCOL: 3,
  ERR_RENDEZVOUS_CLOSED: 3,
  ERR_RENDEZVOUS_REFUSED: 3,
  ERR_PROXY: 3,
  ERR_STORE: 3,

  ERR_NO_SUCH_ROOM: 4,
  ERR_ROOM_TAKEN: 4,
  ERR_PEER_LEFT: 4,
  ERR_WAIT_EXPIRED: 4,
  ERR_FRIEND_IN_USE: 4,

  ERR_WRONG_CODE: 5,

  ERR_PUNCH_FAILED: 6,

  ERR_CONNECTION_LOST: 7,
  ERR_PROTOCOL: 7,

  ERR_PORT_IN_USE: 8,
  ERR_PERMISSION: 8,
  ERR_MISSING_TOOL: 8,
  ERR_NETWORK: 8,
  ERR_FILE: 8,
} as const satisfies Record<`ERR_${string}`, number>;

/** The exit code of a chat that has gone well, except that a file was not handed over. No error ends it. */
export const FILES_MISSING_EXIT = 9;

export type ErrorCode = keyof typeof exitCodes;

export interface ErrorDetails {
  /** Says what the user can do next, in a sentence or two. */
  readonly hint?: string;
  /** What can be tried, each in a sentence or two, the best first. The hint begins with them. */
  readonly tries?: readonly string[];
  readonly cause?: unknown;
}

/** An expected failure: `message` says what happened, with the values; `hint` says what to do next. */
export class PunchlineError extends Error {
  override readonly name: string = 'PunchlineError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly tries: readonly string[] | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.tries = details.tries;
  }

  /** The exit code of a command that ends with this error. */
  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** The only error that bytes from a server or a peer may cause. */
export class ProtocolError extends PunchlineError {
  override readonly name = 'ProtocolError';

  constructor(message: string, details: ErrorDetails = {}) {
    super('ERR_PROTOCOL', message, details);
  }
}

/** What was typed cannot be used. Without a hint, the command line names the help of its command. */
export function usageError(message: string, hint?: string): PunchlineError {
  return new PunchlineError('ERR_USAGE', message, hint === undefined ? {} : { hint });
}

/** The code of an error of ours or of the system, such as ENOENT; undefined if it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * The error for one of the system that says that no more files may be open;
 * undefined for any other. Some of our own files are opened late, so that
 * anything may fail like that.
 */
export function outOfFiles(error: unknown): PunchlineError | undefined {
  const code = errorCode(error);
  if (code !== 'EMFILE' && code !== 'ENFILE') {
    return undefined;
  }
  const whose = code === 'EMFILE' ? 'this process' : 'this machine';
  return new PunchlineError('ERR_FILE', `${whose} has too many open files`, {
    hint: 'Let it open more, for example with "ulimit -n 4096", and start again.',
    cause: error,
  });
}
