import { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Role } from '../../events.ts';
import { errorCode, PunchlineError } from '../../errors.ts';
import { lineChanged, lineError } from '../../network/sockets.ts';
import { VERIFICATION_BYTES } from '../keys/verification-words.ts';

const pskIdentity = 'punchline/1';
/** OpenSSL binds an external PSK to SHA-256, so that a suite with SHA-384 never matches one (measured). */
const ciphers = 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
/** The label of an exporter of its own (RFC 8446 section 7.5), so that the words that people read aloud tell nothing about any key. */
const verificationLabel = 'EXPORTER-punchline/1 verify';
/** Bounds a handshake: 3 round trips on a very slow link. */
const DEFAULT_PROOF_MS = 5000;
/** One that fails only then was given up by the other side, whose time was up. A handshake takes one round trip. */
const STALLED_MS = 3000;

export interface ChannelOptions {
  readonly role: Role;
  /** 32 bytes from CPace. A code itself as the key could be found by an offline search. */
  readonly psk: Uint8Array;
  readonly signal: AbortSignal;
  /** How long the socket may go without proving that it holds the key. */
  readonly proofMs?: number | undefined;
  /** Whether packets are small: see small-packets.ts. By default never. */
  readonly smallPackets?: 'never' | 'handshake' | 'always';
  /** Called if the handshake has stalled: see black-hole.ts. `hasKey` if the other side has shown that it holds the key. */
  readonly onStalled?: (hasKey: boolean) => void;
}

export interface Channel {
  readonly socket: tls.TLSSocket;
  readonly cipher: string;
  /** The key exchange. OpenSSL tells it only to the client, so `a` tells it to `b`. */
  readonly group: string | undefined;
  /** These bytes are the same on both sides and on no other channel. People compare them. */
  readonly verification: Uint8Array;
}

/**
 * Turns a connection into a proven channel: TLS 1.3 with an external PSK
 * and no certificates on either side (RFC 8446 section 2.2). Role `a` is the
 * TLS client, whichever side dialled. Takes ownership of the connection and
 * destroys it on any failure. Rejects with ERR_CONNECTION_LOST.
 */
export async function secureChannel(
  raw: Duplex,
  {
    role,
    psk,
    signal,
    proofMs = DEFAULT_PROOF_MS,
    smallPackets = 'never',
    onStalled = () => undefined,
  }: ChannelOptions,
): Promise<Channel> {
  if (raw instanceof Socket) {
    raw.setNoDelay(true);
  }
  const small = smallPackets === 'never' ? undefined : await inSmallPackets(raw);
  let hasKey = false;
  const startedAt = performance.now();
  const socket =
    role === 'a' ? openAsClient(small ?? raw, psk) : openAsServer(small ?? raw, psk, () => (hasKey = true));
  try {
    await proven(socket, role, signal, proofMs);
  } catch (error) {
    const isLate = error instanceof Stalled;
    if (isLate && raw instanceof Socket) {
      // What was not acknowledged would keep our port in use for minutes, and the next punch needs it.
      raw.resetAndDestroy();
    }
    socket.destroy();
    if (isLate || (!signal.aborted && performance.now() - startedAt >= STALLED_MS)) {
      // A server that has asked for the key, and has not refused it, has checked the client's proof.
      onStalled(hasKey && !isOtherKey(error));
    }
    throw error;
  }
  if (smallPackets === 'handshake') {
    small?.sendWhole();
  }
  // As a server, Node reports a bad record only by this event, and it never closes the socket. Without this, only
  // the next write would fail, whenever that is.
  socket.on('_tlsError', () => socket.destroy(new Error(lineChanged)));
  return {
    socket,
    cipher: socket.getCipher().standardName,
    group: role === 'a' ? groupOf(socket) : undefined,
    verification: socket.exportKeyingMaterial(VERIFICATION_BYTES, verificationLabel, Buffer.alloc(0)),
  };
}

const common = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: ciphers,
} as const;

function openAsClient(raw: Duplex, psk: Uint8Array): tls.TLSSocket {
  return tls.connect({
    ...common,
    socket: raw,
    pskCallback: () => ({ psk, identity: pskIdentity }),
    // A PSK client also accepts a server that shows a trusted certificate (openssl#19063). So it trusts no
    // certificate, not even under NODE_TLS_REJECT_UNAUTHORIZED=0, and accepts no name.
    ca: [],
    rejectUnauthorized: true,
    checkServerIdentity: () => new Error('certificates are never accepted'),
  });
}

/** The first frame of the screen does not need this code. A spray may take all files, so it is loaded before. */
export function loadSmallPackets() {
  return import('./small-packets.ts');
}

async function inSmallPackets(raw: Duplex) {
  // It may break while that code is loaded, and nobody else listens yet.
  raw.on('error', () => undefined);
  const { SmallPackets } = await loadSmallPackets();
  return new SmallPackets(raw);
}

function openAsServer(raw: Duplex, psk: Uint8Array, onAsked: () => void): tls.TLSSocket {
  return new tls.TLSSocket(raw, {
    ...common,
    isServer: true,
    // Node cannot tell OpenSSL to send no tickets. Their keys are dropped with this context, so no ticket is of any use.
    secureContext: tls.createSecureContext(common),
    pskCallback: (_socket: tls.TLSSocket, identity: string) => {
      if (identity !== pskIdentity) {
        return null;
      }
      onAsked();
      return psk;
    },
  } as tls.TLSSocketOptions);
}

/** The time was up. */
class Stalled extends PunchlineError {}

function proven(socket: tls.TLSSocket, role: Role, signal: AbortSignal, proofMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    function fail(why: string, cause?: unknown, Kind = PunchlineError) {
      finish();
      reject(new Kind('ERR_CONNECTION_LOST', `a socket did not prove itself: ${why}`, { cause }));
    }
    function onError(error: Error) {
      return fail(lineError(error), error);
    }
    function onClose() {
      return fail('it was closed');
    }
    function onAbort() {
      return fail('no longer wanted');
    }
    function onSecure() {
      // The options above already refuse certificates. This checks that they did.
      const certificate = socket.getPeerCertificate();
      const bare = certificate === null || Object.keys(certificate).length === 0;
      if (!socket.isSessionReused() || !bare || socket.getProtocol() !== 'TLSv1.3') {
        fail('it showed a certificate instead of the key');
        return;
      }
      finish();
      resolve();
    }
    const timer = setTimeout(() => fail(`nothing within ${proofMs} ms`, undefined, Stalled), proofMs);
    function finish() {
      clearTimeout(timer);
      socket.off('close', onClose);
      socket.off(role === 'a' ? 'secureConnect' : 'secure', onSecure);
      signal.removeEventListener('abort', onAbort);
    }
    // The error listener stays, so that a late reset does not become an uncaught exception.
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.on(role === 'a' ? 'secureConnect' : 'secure', onSecure);
    if (signal.aborted) {
      onAbort();
    } else {
      signal.addEventListener('abort', onAbort);
    }
  });
}

/** What OpenSSL reports of a wrong key: first on the side that checks it, then on the other one. */
const keyMismatches = new Set(['ERR_SSL_BINDER_DOES_NOT_VERIFY', 'ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR']);

/** Whether secureChannel() failed because the other side speaks our protocol and holds another key. */
export function isOtherKey(error: unknown): boolean {
  const cause = error instanceof PunchlineError ? error.cause : undefined;
  return keyMismatches.has(errorCode(cause) ?? '');
}

function groupOf(socket: tls.TLSSocket): string {
  const info = socket.getEphemeralKeyInfo();
  if (info !== null && 'name' in info && typeof info.name === 'string') {
    return info.name;
  }
  return 'unknown';
}
