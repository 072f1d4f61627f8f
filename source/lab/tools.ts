/**
 * The programs that make a lab: finds them, or says which packages to install.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { PunchlineError } from '../errors.ts';

/** Program → the name of its package in Debian. Most other distributions use the same name. */
const packages = {
  dumpcap: 'wireshark-common',
  conntrack: 'conntrack',
  danted: 'dante-server',
  ip: 'iproute2',
  miniupnpd: 'miniupnpd-nftables',
  nft: 'nftables',
  nsenter: 'util-linux',
  pasta: 'passt',
  slirp4netns: 'slirp4netns',
  tayga: 'tayga',
  tcpdump: 'tcpdump',
  unbound: 'unbound',
  unshare: 'util-linux',
  vde_switch: 'vde2',
  wirefilter: 'vde2',
} as const;

export type Tool = keyof typeof packages;

/**
 * `ip` and `nft` are in folders that are not in the PATH of ordinary users. An
 * empty or relative part of a PATH means the current folder, in which others may
 * have put a program that root would then run. So those parts are left out.
 */
export const toolPath = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  .filter((folder) => isAbsolute(folder))
  .join(delimiter);

/** Throws ERR_MISSING_TOOL if a tool is not installed, or if this is not Linux. */
export function requireTools(tools: readonly Tool[], path = toolPath): void {
  if (process.platform !== 'linux') {
    throw new PunchlineError(
      'ERR_MISSING_TOOL',
      `A lab is made of Linux's network namespaces; this is ${process.platform}.`,
      {
        hint: 'Run it on a Linux machine, or in a virtual one.',
      },
    );
  }
  const missing = tools.filter((tool) => !isInstalled(tool, path));
  if (missing.length === 0) {
    return;
  }
  const install = [...new Set(missing.map((tool) => packages[tool]))].join(' ');
  throw new PunchlineError(
    'ERR_MISSING_TOOL',
    `A lab needs ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not installed.`,
    {
      hint: `On Debian and Ubuntu: sudo apt-get install ${install}. Other distributions use similar names.`,
    },
  );
}

/** Throws ERR_MISSING_TOOL or ERR_PERMISSION if this machine cannot make lines with a delay or a loss. */
export function requireWires(): void {
  requireTools(['vde_switch', 'wirefilter']);
  requireTapDevices();
}

/** Throws ERR_PERMISSION if this user may not make tap devices, in which a line with a delay ends. */
export function requireTapDevices(device = '/dev/net/tun'): void {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw new PunchlineError(
      'ERR_PERMISSION',
      `A line with a delay or a loss needs ${device}, which cannot be opened.`,
      {
        hint: `Run it as root, or leave out delays and losses (--delay 0). If the file is missing: sudo modprobe tun. If it is there, this lets all users open it: sudo chmod 666 ${device}`,
        cause,
      },
    );
  }
}

/** Whether a program of that name can be run. */
export function isInstalled(tool: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
