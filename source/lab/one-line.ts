import type { Readable } from 'node:stream';
import { PunchlineError } from '../errors.ts';
import { maxLineBytes } from './named/lab-messages.ts';

/** The first line of a stream, without its newline; undefined where it ends before. Rejects with ERR_USAGE where it is too long. */
export async function readLine(stream: Readable): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      stream.off('data', take).off('end', end).off('error', end).off('close', end);
      outcome();
    };
    const end = () => settle(() => resolve(undefined));
    const take = (chunk: Buffer) => {
      const newline = chunk.indexOf('\n');
      chunks.push(newline < 0 ? chunk : chunk.subarray(0, newline));
      size += chunk.length;
      if (newline >= 0) settle(() => resolve(Buffer.concat(chunks).toString('utf8')));
      else if (size > maxLineBytes)
        settle(() => reject(new PunchlineError('ERR_USAGE', `a line of more than ${maxLineBytes} bytes`)));
    };
    if (stream.readableEnded || stream.destroyed) resolve(undefined);
    stream.on('data', take).once('end', end).once('error', end).once('close', end);
  });
}
