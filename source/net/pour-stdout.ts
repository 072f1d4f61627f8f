import type { Readable } from 'node:stream';
import { dataHeaderBytes } from '../connect/session/wire/frames.ts';

/**
 * Pours a connection into stdout; nobody else may read from it. Memory is
 * given back as soon as stdout has taken what it held: until garbage is
 * collected so much would pile up that collecting it costs a third of the
 * receiver's time (measured).
 */
export function pourStdout(connection: Readable): void {
  connection.on('data', (chunk: Uint8Array) => {
    const isTaken = process.stdout.write(chunk, () => release(chunk));
    if (isTaken) return;
    connection.pause();
    process.stdout.once('drain', () => connection.resume());
  });
}

/** Of memory that holds other frames, too, somebody else may still have views. */
function release({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const holdsOneFrame = byteOffset === dataHeaderBytes && buffer.byteLength === dataHeaderBytes + byteLength;
  if (holdsOneFrame && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
