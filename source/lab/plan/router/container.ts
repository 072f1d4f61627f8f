/**
 * Hosts in containers of an ordinary user. Their only way out is a program of the machine on which they run: it ends
 * each connection and opens one of its own (slirp4netns, which older Podman and rootless Docker use), or does so with
 * the addresses of the machine (passt, here in its form for containers, pasta, which newer Podman uses).
 */
import type { ContainerWord } from '../description.ts';
import type { Command } from '../namespaces.ts';

/** The address that slirp4netns gives its container. */
export const slirpAddress = '10.0.2.100';

/** Bounds the looks for the route of a container, 10 ms apart. It has never taken nearly as long. */
const ROUTE_TRIES = 500;

/** The namespace of the machine on which a host's container runs. */
export function machineName(host: string): string {
  return `${host}.machine`;
}

/** Connects the namespace of a host to its machine, as Podman does it. */
export function containerCommands(host: string, word: ContainerWord): Command[] {
  const path = `/run/netns/${host}`;
  const programs = {
    slirp: `slirp4netns --configure --mtu=65520 --disable-host-loopback --netns-type=path ${path} tap0`,
    // As root it would change to another user, who may not enter the namespace.
    passt: `pasta --config-net --foreground --quiet --runas 0 --netns-only --netns ${path} -t none -u none -T none -U none --no-map-gw`,
  };
  const script = [
    `${programs[word]} > /dev/null 2>&1 < /dev/null &`,
    `tries=${ROUTE_TRIES}`,
    `until ip -netns ${host} route show default | grep -q via || [ $((tries -= 1)) -eq 0 ]; do sleep 0.01; done`,
    '[ $tries -gt 0 ]',
  ];
  return [{ namespace: machineName(host), argv: ['sh', '-ec', script.join('\n')] }];
}
