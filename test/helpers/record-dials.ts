import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** All that this process dials until the test is over, as `ADDRESS:PORT`. */
export function recordDials(): readonly string[] {
  const dialled: string[] = [];
  function record(message: unknown): void {
    const { socket } = message as { socket: Socket };
    socket.on('connectionAttempt', (address, port) => dialled.push(`${address}:${port}`));
  }
  subscribe('net.client.socket', record);
  onTestFinished(() => void unsubscribe('net.client.socket', record));
  return dialled;
}
