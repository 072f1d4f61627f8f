/**
 * A line with delay, jitter or loss: a virtual switch with a tap device at each
 * end, and wirefilter between the two. (`tc netem` would do, but many kernels
 * come without it.) Pure.
 */
import type { Command } from './plan/commands.ts';
import type { Line } from './plan/description.ts';
import type { Link, LinkEnd } from './plan/topology.ts';

/** In the lab's own /run, so that nothing is left of it. */
const socketFolder = '/run/wire';

/** Whether a line needs more than a plain pair of devices. */
export function isShaped(line: Line | undefined): line is Line {
  return line !== undefined && Math.max(line.delayMs ?? 0, line.lossPercent ?? 0) > 0;
}

/** Makes the devices at both ends of a link, and the wire between them. */
export function wireCommands({ above, below, name }: Link, line: Line): Command[] {
  const sockets = [`${socketFolder}/${name}.above`, `${socketFolder}/${name}.below`] as const;
  const { delayMs = 0, jitterMs = 0, lossPercent = 0 } = line;
  const delay = `${delayMs}+${jitterMs}U`;
  return [
    { argv: ['mkdir', '-p', socketFolder] },
    switchCommand(above, sockets[0]),
    switchCommand(below, sockets[1]),
    { argv: ['wirefilter', '--daemon', '-v', sockets.join(':'), '-d', delay, '-l', `${lossPercent}`] },
  ];
}

/** How often, a hundredth of a second apart, to look for the device of a switch: far longer than it ever took. */
const deviceTries = 500;

/** With `-daemon` a switch returns when its socket is there, and makes its device a little later. */
function switchCommand({ device, mac, namespace }: LinkEnd, socket: string): Command {
  const setAddress = `ip link set dev ${device} address ${mac}`;
  const script = [
    `vde_switch -tap ${device} -sock ${socket} -daemon`,
    `tries=${deviceTries}`,
    `until ${setAddress} 2> /dev/null || [ $((tries -= 1)) -eq 0 ]; do sleep 0.01; done`,
    setAddress,
  ];
  return { namespace, argv: ['sh', '-ec', script.join('\n')] };
}
