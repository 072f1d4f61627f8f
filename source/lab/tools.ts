/**
 * The programs that a lab is made with: where they are, and what to install
 * where they are not.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PunchlineError } from '../errors.ts';

/** Program → Debian's name of its package; most other distributions use the same. */
const packages = {
  ip: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  vde_switch: 'vde2',
  wirefilter: 'vde2',
} as const;

export type Tool = keyof typeof packages;

/** `ip` and `nft` live where the path of ordinary users does not lead. */
export const toolPath = [process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(delimiter);

/** Throws ERR_MISSING_TOOL where one is not installed, or where this is not Linux. */
export function requireTools(tools: readonly Tool[]): void {
  if (process.platform !== 'linux')
    throw new PunchlineError(
      'ERR_MISSING_TOOL',
      `A lab is made of Linux's network namespaces; this is ${process.platform}.`,
      {
        hint: 'Run it on a Linux machine, or in a virtual one.',
      },
    );
  const missing = tools.filter((tool) => !isInstalled(tool));
  if (missing.length === 0) return;
  const install = [...new Set(missing.map((tool) => packages[tool]))].join(' ');
  throw new PunchlineError(
    'ERR_MISSING_TOOL',
    `A lab needs ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not installed.`,
    {
      hint: `On Debian and Ubuntu: sudo apt-get install ${install}. Elsewhere the packages are named alike.`,
    },
  );
}

function isInstalled(tool: Tool): boolean {
  return toolPath.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
