/** What a program is started with, so that a name has these addresses in its own view of /etc/hosts. */
export function named(name: string, addresses: readonly string[]): string[] {
  const bind = 'mount -t tmpfs hosts /mnt && echo "$1" > /mnt/hosts && mount --bind /mnt/hosts /etc/hosts';
  const hosts = addresses.map((address) => `${address} ${name}`).join('\n');
  return ['unshare', '-m', 'sh', '-c', `${bind} && shift && exec "$@"`, 'sh', hosts];
}
