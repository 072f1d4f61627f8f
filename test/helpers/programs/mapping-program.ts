/**
 * Listens, asks the router of this host for a port, and says what came of it:
 * one JSON line. It answers what it accepts with "hello", and gives the port
 * back when its stdin ends. Argument: the family.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import process from 'node:process';
import { mapPort } from '../../../source/network/port-mapping/map-port.ts';

const family = process.argv[2] === '6' ? 6 : 4;
const server = createServer((socket) => socket.end('hello'));
server.listen({ host: family === 6 ? '::' : '0.0.0.0', port: 0, ipv6Only: family === 6 });
await once(server, 'listening');
const internalPort = (server.address() as AddressInfo).port;
const mapping = await mapPort({ internalPort, family, signal: new AbortController().signal });
const told =
  typeof mapping === 'string' ? { reason: mapping } : { protocol: mapping.protocol, ...mapping.external };
process.stdout.write(`${JSON.stringify({ internalPort, ...told })}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
server.close();
if (typeof mapping !== 'string') {
  await mapping.close();
}
