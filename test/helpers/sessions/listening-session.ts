import { onTestFinished } from 'vitest';
import { keepaliveTimes } from '../../../source/connect/session/wire/keepalive.ts';
import { Session } from '../../../source/connect/session/session.ts';

/** A session that records the data and the events that it gets. */
export function listeningSession() {
  const session = new Session(keepaliveTimes);
  const received: Uint8Array[] = [];
  const said: string[] = [];
  session.on('data', (bytes) => {
    received.push(Uint8Array.from(bytes));
    session.consumed(bytes.length);
  });
  session.on('end', () => said.push('end'));
  session.on('gone', () => said.push('gone'));
  session.on('resumed', (bytes) => said.push(`resumed ${bytes}`));
  session.on('failed', (reason) => said.push(`failed: ${reason}`));
  session.on('closed', (by) => said.push(`closed by ${by}`));
  onTestFinished(() => session.destroy());
  return { session, said, read: () => Buffer.concat(received) };
}
