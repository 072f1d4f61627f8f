/**
 * A chat without any rendezvous, inside a host of a lab. It takes its options as JSON, tells its events as lines of
 * JSON, and says each line that it reads. `hosts`: its own machine is a place. `looks`: it looks for hosts.
 */
import { createInterface } from 'node:readline';
import { PunchedChat } from '../../../source/chat/chat.ts';
import { parseCode } from '../../../source/protocol/code.ts';
import { serveHere } from '../../../source/server/hosted/serve-here.ts';
import type { LinkChatOptions } from './link-chat.ts';

const { code, hosts, looks, ...options } = JSON.parse(process.argv[2] ?? '') as LinkChatOptions;

const chat = new PunchedChat({
  ...options,
  local: looks,
  ...(code !== undefined && { code: parseCode(code) }),
  ...(hosts && { here: { start: serveHere, port: 0 }, portMapping: false }),
});
chat.subscribe((event) => process.stdout.write(`${JSON.stringify(event)}\n`));
createInterface({ input: process.stdin })
  .on('line', (line) => chat.send(line))
  .on('close', () => chat.leave());
