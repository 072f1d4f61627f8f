/**
 * Runs as a process of its own. It meets a peer with the options of connect() that its argument names as JSON, prints
 * what happens as lines of JSON, and leaves at the end of stdin. What the peer says is printed as an event `said`.
 */
import { connect, type ConnectOptions } from '../../../source/index.ts';
import type { PunchlineError } from '../../../source/errors.ts';

function print(event: object): void {
  process.stdout.write(`${JSON.stringify({ at: Date.now(), ...event })}\n`);
}

const line = connect(JSON.parse(process.argv[2] ?? '{}') as ConnectOptions);
line.on('happening', print);
line.on('resumed', () => print({ event: 'resumed' }));
line.on('data', (chunk: Buffer) => print({ event: 'said', text: chunk.toString() }));
line.on('end', () => line.end());
line.on('error', (error) => {
  const { code, message, hint } = error as PunchlineError;
  print({ event: 'error', code, message, hint });
  process.exitCode = (error as PunchlineError).exitCode;
});
line.on('close', () => process.stdin.destroy());
process.stdin.on('data', (chunk) => line.write(chunk)).on('end', () => line.end());
