/**
 * A site out of which only a proxy leads: dante, a SOCKS5 server as companies run it, on one more host of the inside
 * network. The router lets nobody else out.
 */
import type { PlacedSite } from '../addresses.ts';
import type { Command } from '../namespaces.ts';

/** In the lab's own /run, so that it ends with the lab. */
const folder = '/run/proxy';

/** The port that is registered for SOCKS (RFC 1928). */
const PROXY_PORT = 1080;
/** The last byte of its address in the inside network. Hosts count up to 99, routers down to 245. */
const PROXY_BYTE = 200;

/** The namespace of a site's proxy. */
export function proxyName(site: string): string {
  return `${site}.proxy`;
}

export function proxyAddress({ inside }: Pick<PlacedSite, 'inside'>): string {
  return `${inside}.${PROXY_BYTE}`;
}

/** As `--proxy` takes it. */
export function proxyUrl(address: string): string {
  return `socks5h://${address}:${PROXY_PORT}`;
}

/** Starts dante. As root of the lab, because an ordinary user's lab has no other user. */
export function proxyCommands(placed: PlacedSite): Command[] {
  const file = `${folder}/${placed.name}`;
  const settings = [
    'logoutput: stderr',
    `internal: eth0 port = ${PROXY_PORT}`,
    'external: eth0',
    'clientmethod: none',
    'socksmethod: none',
    'user.privileged: root',
    'user.unprivileged: root',
    'client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
    'socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect }',
    '',
  ];
  const script = [
    `mkdir -p ${folder}`,
    `cat > ${file}.conf`,
    `exec danted -D -N 1 -f ${file}.conf -p ${file}.pid`,
  ];
  return [
    {
      namespace: proxyName(placed.name),
      argv: ['sh', '-ec', script.join('\n')],
      input: settings.join('\n'),
    },
  ];
}
