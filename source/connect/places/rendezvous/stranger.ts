/**
 * Tells what answers in place of a rendezvous. In a hotel or a train that is
 * often the page on which one has to log in (a captive portal).
 */
import { PunchlineError } from '../../../errors.ts';
import { safeText } from '../../../text/safe-text.ts';

/** So much of what a stranger says is looked at. */
const MAX_HEAD_BYTES = 4096;
/** Longer addresses of web pages are cut. */
const MAX_ADDRESS_LENGTH = 200;

interface Stranger {
  /** Begins the sentence "… answers at HOST, and no rendezvous". */
  readonly what: string;
  readonly hint: string;
}

const otherPort = 'Check the host and the port: a rendezvous listens at 8877 if nothing else is said.';
export const loginHint =
  'The network may want you to log in first: open any web page in a browser, follow what it shows, then try again.';

/** How other servers begin. RFC 4253, 5321, 959, 9051, 1939, and 8446: an alert or a handshake of TLS. */
const beginnings: readonly (readonly [string, string])[] = [
  ['SSH-', 'an SSH server'],
  ['220 ', 'a mail or FTP server'],
  ['220-', 'a mail or FTP server'],
  ['* OK', 'a mail server (IMAP)'],
  ['+OK', 'a mail server (POP3)'],
  ['\u0015\u0003', 'a server that speaks TLS'],
  ['\u0016\u0003', 'a server that speaks TLS'],
];

/** How long the rest of the head of an HTTP answer is waited for. */
const REST_MS = 1000;

/** Keeps what a server says first, until it is known to be a rendezvous, and names it if it is none. */
export class StrangerWatch {
  readonly #server: string;
  readonly #fail: (error: PunchlineError) => void;
  /** Undefined as soon as the server is known to be a rendezvous. */
  #head: string | undefined = '';
  /** Set while the rest of a head is waited for. */
  #end: (() => void) | undefined;

  /** `fail` is called if the server is no rendezvous. */
  constructor(server: string, fail: (error: PunchlineError) => void) {
    this.#server = server;
    this.#fail = fail;
  }

  /** Whether these bytes are of a stranger, and nobody else has to read them. */
  takes(chunk: Uint8Array): boolean {
    if (this.#head !== undefined && this.#head.length < MAX_HEAD_BYTES) {
      this.#head += Buffer.from(chunk.subarray(0, MAX_HEAD_BYTES)).toString('latin1');
    }
    const end = this.#end;
    if (end !== undefined && !isUnfinished(this.#head)) {
      end();
    }
    return end !== undefined;
  }

  /** The server has said something that a rendezvous says. */
  isNone(): void {
    this.#head = undefined;
  }

  /** What the server says cannot be read. `failure` tells so, if nothing better is found. */
  found(failure: PunchlineError): void {
    const end = () => {
      clearTimeout(timer);
      this.#end = undefined;
      this.#fail(this.#named(failure) ?? failure);
    };
    const timer = setTimeout(end, REST_MS);
    this.#end = end;
    if (!isUnfinished(this.#head)) {
      end();
    }
  }

  /** The connection has ended, maybe in the middle of a line. */
  closed(): void {
    const error = this.#named();
    if (this.#end !== undefined) {
      this.#end();
    } else if (error !== undefined) {
      this.#fail(error);
    }
  }

  #named(cause?: PunchlineError): PunchlineError | undefined {
    return this.#head === undefined ? undefined : strangerError(this.#server, this.#head, cause);
  }
}

/** Whether more bytes may tell more: the head of an HTTP answer ends with an empty line. */
function isUnfinished(head = ''): boolean {
  return head.startsWith('HTTP/') && head.length < MAX_HEAD_BYTES && !/\r?\n\r?\n/.test(head);
}

/** `head` is what the server at `server` has said first. Undefined if that is of nothing that we know. */
function strangerError(server: string, head: string, cause: unknown): PunchlineError | undefined {
  const stranger = webServer(head) ?? otherServer(head);
  return stranger === undefined
    ? undefined
    : new PunchlineError(
        'ERR_RENDEZVOUS_PROTOCOL',
        `${stranger.what} answers at ${server}, and no rendezvous`,
        { hint: stranger.hint, cause },
      );
}

function otherServer(head: string): Stranger | undefined {
  const found = beginnings.find(([beginning]) => head.startsWith(beginning));
  return found === undefined ? undefined : { what: found[1], hint: otherPort };
}

function webServer(head: string): Stranger | undefined {
  const [, status] = /^HTTP\/\d(?:\.\d)? (\d{3})/.exec(head) ?? [];
  if (status === undefined) {
    const isPage = /^\s{0,100}<(?:!doctype html|html|head|body)\b/i.test(head);
    return isPage ? strangerOf({ what: 'a web page', isPage }) : undefined;
  }
  const [, leadsTo = ''] = /\r?\nlocation:[ \t]{0,10}([^\r\n]+)/i.exec(head) ?? [];
  return strangerOf(httpAnswer(Number(status), leadsTo));
}

function strangerOf({ what, isPage }: HttpAnswer): Stranger {
  return { what, hint: isPage ? `${loginHint} Or the port is not that of a rendezvous.` : otherPort };
}

export interface HttpAnswer {
  readonly what: string;
  /** Whether it is a page for people, as that of a captive portal is. */
  readonly isPage: boolean;
}

/** Names what answers so in place of a rendezvous or a mailbox server. `leadsTo` is its header Location, or empty. */
export function httpAnswer(status: number, leadsTo: string): HttpAnswer {
  if (status >= 300 && status < 400 && leadsTo !== '') {
    const address = safeText(leadsTo.slice(0, MAX_ADDRESS_LENGTH));
    return { what: `a web page that leads to ${address}`, isPage: true };
  }
  // RFC 6585, section 6: Network Authentication Required. A page as the answer to no request is a portal's, too.
  return status === 511 || (status >= 200 && status < 300)
    ? { what: 'a web page', isPage: true }
    : { what: `a web server (HTTP ${status})`, isPage: false };
}
