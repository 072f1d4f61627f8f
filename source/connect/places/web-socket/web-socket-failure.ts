/** What the errors of TLS and of the library `ws` mean. */
import { errorCode, PunchlineError } from '../../../errors.ts';
import { safeText } from '../../../text/safe-text.ts';
import { loginHint } from '../rendezvous/stranger.ts';

/**
 * `frames`: bytes that break RFC 6455, or more than we take. `gone`: the connection has ended. `refused`: an alert of
 * TLS, or an answer that opens no WebSocket.
 */
export type WebSocketFault = 'frames' | 'gone' | 'no-tls' | 'refused' | 'untrusted';

export function faultOf(error: Error): WebSocketFault {
  const code = errorCode(error) ?? '';
  if (code.startsWith('WS_ERR_')) {
    return 'frames';
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    // An alert is a record of TLS. Anything else here means that OpenSSL has found none in what has come.
    return /\balert\b/i.test(error.message) ? 'refused' : 'no-tls';
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return 'untrusted';
  }
  return /^E[A-Z]+$/.test(code) ? 'gone' : 'refused';
}

/** More names in a certificate, and longer words of a server, are cut. */
const MAX_SHOWN = 200;

export function shownReason(error: Error): string {
  return safeText(error.message.slice(0, MAX_SHOWN));
}

interface Distrust {
  readonly why: string;
  readonly hint: string;
}

const whoever = 'ask whoever runs the server.';
const expired = {
  why: 'it has expired',
  hint: `Check the clock of this machine. If it is right, ${whoever}`,
} as const;
const early = {
  why: 'it is not valid yet',
  hint: `Check the clock of this machine. If it is right, ${whoever}`,
} as const;
const anchor =
  'Check the address. Where you trust whoever signed it, name that certificate with NODE_EXTRA_CA_CERTS=FILE.';

/** By the codes of OpenSSL. */
const known: Partial<Record<string, Distrust>> = {
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: early,
  DEPTH_ZERO_SELF_SIGNED_CERT: { why: 'it is signed by itself', hint: anchor },
  SELF_SIGNED_CERT_IN_CHAIN: { why: 'nobody that this machine trusts has signed it', hint: anchor },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { why: 'nobody that this machine trusts has signed it', hint: anchor },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { why: 'nobody that this machine trusts has signed it', hint: anchor },
};

/** The server shows a certificate that does not prove who it is. `name` is the server. */
export function untrustedCertificate(name: string, error: Error): PunchlineError {
  const { why, hint } = distrustOf(error);
  return new PunchlineError(
    'ERR_RENDEZVOUS_UNREACHABLE',
    `the certificate of ${name} is not to be trusted: ${why}`,
    { hint, cause: error },
  );
}

function distrustOf(error: Error): Distrust {
  const code = errorCode(error) ?? '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      why: `it is for another name (${namesIn(error)})`,
      hint: `Check the address. ${loginHint}`,
    };
  }
  return known[code] ?? { why: shownReason(error), hint: anchor };
}

/** The names come from a stranger. */
function namesIn(error: Error): string {
  const { cert } = error as { readonly cert?: { readonly subjectaltname?: string } };
  const names = cert?.subjectaltname ?? '';
  return names === '' ? 'it names none' : safeText(names.slice(0, MAX_SHOWN));
}
