import { connectError } from '../../../network/sockets.ts';
import { ErrorReply } from '@redis/client';
import type { StoreAddress } from './store-url.ts';
import { safeText } from '../../../text/safe-text.ts';
import { errorCode, PunchlineError } from '../../../errors.ts';

/** By the first word of the store's error: what happened, and a hint. */
const replies: Readonly<Record<string, readonly [happened: string, hint: string]>> = {
  NOAUTH: ['asks for a password', 'Give one: redis://USER:PASSWORD@HOST, or redis://:PASSWORD@HOST.'],
  WRONGPASS: ['does not take this user and password', 'Look at its requirepass or ACL.'],
  NOPERM: [
    'does not let this user do what a rendezvous needs',
    'It needs scripts, keys and channels under punchline:.',
  ],
  OOM: ['is full (maxmemory)', 'Give it more memory, or a database of its own.'],
  READONLY: ['is a read-only replica', 'Name the primary.'],
  MASTERDOWN: ['is a replica without its primary', 'Name the primary.'],
  LOADING: ['is still loading its data', 'Try again in a moment.'],
  MISCONF: ['cannot save its data, and takes none', 'Look at its log and its disk.'],
  BUSY: ['is busy with a script of another program', 'Look at what else it is used for.'],
};

/** Is in each of Node's error codes about a certificate. */
const certificateErrors = /CERT|SIGNATURE/;

/** Any failure of a store, in a sentence. `error` comes from the client library. */
export function storeFailure({ shown }: StoreAddress, error: unknown): PunchlineError {
  if (error instanceof PunchlineError) {
    return error;
  }
  const said = error instanceof Error ? error.message : String(error);
  // The error of a script begins with the line, so its word is not the first.
  const [word = ''] = /\b(?:[A-Z]{3,})\b/.exec(said) ?? [];
  const known = replies[said.includes('-OOM') || said.startsWith('OOM') ? 'OOM' : word];
  if (known !== undefined) {
    return new PunchlineError('ERR_STORE', `the store ${shown} ${known[0]}`, {
      hint: known[1],
      cause: error,
    });
  }
  const code = errorCode(error);
  if (code !== undefined && certificateErrors.test(code)) {
    return new PunchlineError(
      'ERR_STORE',
      `the store ${shown} shows a certificate that is not trusted (${code})`,
      {
        hint: 'Name the store as its certificate does, and a file with its authority in NODE_EXTRA_CA_CERTS.',
        cause: error,
      },
    );
  }
  if (code !== undefined || !(error instanceof ErrorReply)) {
    return new PunchlineError(
      'ERR_STORE',
      `the store ${shown} cannot be reached: ${code === undefined ? short(said) : connectError(error)}`,
      {
        hint: 'Is it running, and is this its host and port? With TLS it is rediss://, without it redis://.',
        cause: error,
      },
    );
  }
  return new PunchlineError('ERR_STORE', `the store ${shown} refuses: ${short(said)}`, {
    hint: 'A rendezvous needs Redis 6.2 or newer, or Valkey, on its own: no cluster.',
    cause: error,
  });
}

function short(text: string): string {
  return safeText(text.slice(0, 120));
}
