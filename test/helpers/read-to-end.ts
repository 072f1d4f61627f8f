import type { Readable } from 'node:stream';

/** Resolves with all that comes. The other half of a Duplex goes on, which consumers of Node 22 would end. */
export function readToEnd(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.once('error', reject);
  });
}
