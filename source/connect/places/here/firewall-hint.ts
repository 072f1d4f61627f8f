import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

/**
 * A hint on the firewall of this machine, if there is one that lets nobody in unless the user has allowed it; else
 * undefined. Whether it allows this port only root could find out. `root` is where the files of the system are.
 */
export async function firewallHint(
  port: number,
  { root = '/', platform = process.platform }: { readonly root?: string; readonly platform?: string } = {},
): Promise<string | undefined> {
  if (platform !== 'linux') {
    return undefined;
  }
  const [ufw, firewalld] = await Promise.all([
    textOf(join(root, 'etc/ufw/ufw.conf')),
    textOf(join(root, 'run/firewalld.pid')),
  ]);
  if (ufw?.split('\n').some((line) => line.replaceAll(/[\s"]/g, '').toLowerCase() === 'enabled=yes')) {
    return `The firewall of this machine (ufw) may let nobody in: sudo ufw allow ${port}/tcp`;
  }
  if (firewalld !== undefined) {
    return `The firewall of this machine (firewalld) may let nobody in: sudo firewall-cmd --add-port=${port}/tcp`;
  }
  return undefined;
}

/** Undefined if the file is not there, or is not for us. */
async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
