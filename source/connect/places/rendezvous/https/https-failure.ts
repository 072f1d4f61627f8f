/** What answers in place of a rendezvous at `https://HOST[:PORT]`, which is `name` here. */
import { PunchlineError } from '../../../../errors.ts';
import { connectError } from '../../../../network/sockets.ts';
import { faultOf, shownReason, untrustedCertificate } from '../../web-socket/web-socket-failure.ts';
import { serverGone } from '../server-failure.ts';
import { httpAnswer, loginHint } from '../stranger.ts';

/** The handshakes of TLS and WebSocket have failed. */
export function noWebSocket(name: string, error: Error): PunchlineError {
  switch (faultOf(error)) {
    case 'untrusted':
      return untrustedCertificate(name, error);
    case 'gone':
      return serverGone(name, connectError(error), error);
    case 'no-tls':
      return new PunchlineError('ERR_RENDEZVOUS_PROTOCOL', `${name} does not speak TLS`, {
        hint: `${loginHint} Or the rendezvous has no TLS: then leave out https://, and name its port.`,
        cause: error,
      });
    case 'frames':
    case 'refused':
      return new PunchlineError(
        'ERR_RENDEZVOUS_PROTOCOL',
        `${name} does not answer as a WebSocket server: ${shownReason(error)}`,
        { hint: 'Check the address: something else may be listening there.', cause: error },
      );
  }
}

/**
 * A web server answers as it does to a browser, and opens no WebSocket. `leadsTo` is its header Location, or empty. That
 * is followed nowhere: the certificate vouches for the address that the user has named.
 */
export function pageForRendezvous(name: string, status: number, leadsTo: string): PunchlineError {
  const { what, isPage } = httpAnswer(status, leadsTo);
  return new PunchlineError('ERR_RENDEZVOUS_PROTOCOL', `${what} answers at ${name}, and no rendezvous`, {
    hint: isPage ? `${loginHint} Or it is another site: check the address.` : hintFor(status),
  });
}

function hintFor(status: number): string {
  // RFC 9110, section 15.6: the server in front does not reach the one behind it.
  if (status >= 502 && status <= 504) {
    return 'The web server there does not reach its rendezvous: try again later, or ask whoever runs it.';
  }
  return 'Check the address: there is a web server without a rendezvous, or it does not pass on /punchline/1.';
}
