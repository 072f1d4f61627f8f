/** Real proxies in a host of a lab: dante for SOCKS5, squid for CONNECT. They end with the lab. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Host } from '../../../source/lab/host.ts';
import { eventually } from '../eventually.ts';
import { skipWithout, type Owner } from '../skip-without.ts';
import { named } from './named.ts';

const DANTE_PORT = 1080;
const SQUID_PORT = 3128;
const SQUID_TLS_PORT = 3129;

export interface ProxyOptions {
  /** Only this user gets through. */
  readonly user?: { readonly name: string; readonly password: string };
  /** A name that only the proxy knows, and its addresses. */
  readonly knows?: { readonly name: string; readonly addresses: readonly string[] };
}

/** Skips the test where one of these programs is missing. */
export function needProxies(context: Owner, ...packages: readonly ('dante-server' | 'squid')[]): void {
  const programs = { 'dante-server': '/usr/sbin/danted', squid: '/usr/sbin/squid' } as const;
  for (const one of packages) {
    if (!existsSync(programs[one])) {
      skipWithout(context, `${one} is not installed (Debian package ${one})`);
    }
  }
}

/** Resolves with the address of the proxy, as `--proxy` takes it, without a user. */
export async function startDante(context: Owner, host: Host, options: ProxyOptions = {}): Promise<string> {
  const folder = temporaryFolder(context);
  const { user, knows } = options;
  const file = join(folder, 'dante.conf');
  writeFileSync(
    file,
    [
      'logoutput: stderr',
      `internal: eth0 port = ${DANTE_PORT}`,
      'external: eth0',
      'clientmethod: none',
      `socksmethod: ${user === undefined ? 'none' : 'username'}`,
      'user.privileged: root',
      'user.unprivileged: root',
      'client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
      'socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect }',
      '',
    ].join('\n'),
  );
  const words = ['danted', '-N', '1', '-f', file, '-p', join(folder, 'pid')];
  host.spawn([
    ...(knows === undefined ? [] : [...named(knows.name, knows.addresses), ...withoutResolver(context)]),
    ...(user === undefined ? [] : withUser(folder, user)),
    ...words,
  ]);
  await untilListening(host, DANTE_PORT);
  return `socks5h://${host.addresses[0]}:${DANTE_PORT}`;
}

/** The words before a program that knows no resolver. It would ask one that no lab has, and wait for it in vain. */
function withoutResolver(context: Owner): string[] {
  const file = join(temporaryFolder(context), 'resolv.conf');
  writeFileSync(file, 'nameserver 127.0.0.1\n');
  const bind = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';
  return ['unshare', '-m', 'sh', '-c', bind, 'sh', file];
}

/** The users of dante are those of the machine. This one exists in the program's own view of /etc alone. */
function withUser(folder: string, { name, password }: NonNullable<ProxyOptions['user']>): string[] {
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password }).toString().trim();
  writeFileSync(join(folder, 'passwd'), `root:x:0:0::/:/bin/sh\n${name}:x:1000:1000::/:/bin/sh\n`);
  writeFileSync(join(folder, 'shadow'), `root:*:1:::::: \n${name}:${hash}:20000:0:99999:7:::\n`);
  const bind =
    'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/shadow" /etc/shadow && shift && exec "$@"';
  return ['unshare', '-m', 'sh', '-c', bind, 'sh', folder];
}

/** It names its shared memory always the same, and leaves it behind when it is killed. So each has a view of its own. */
const ownMemory = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs shm /dev/shm && exec "$@"', 'sh'];

/** The addresses of the proxy, in the clear and in TLS, and the certificate that it shows. */
export interface Squid {
  readonly clear: string;
  readonly secure: string;
  readonly certificate: string;
}

export interface SquidOptions extends Pick<ProxyOptions, 'user'> {
  /** To which it connects; by default those of a rendezvous and of a mailbox server. */
  readonly ports?: readonly number[];
}

export async function startSquid(
  context: Owner,
  host: Host,
  { user, ports = [8877, 4000] }: SquidOptions = {},
): Promise<Squid> {
  const folder = temporaryFolder(context);
  const [address = ''] = host.addresses;
  const { certificate, key } = makeCertificate(folder, address);
  const users = join(folder, 'users');
  if (user !== undefined) {
    const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], { input: user.password });
    writeFileSync(users, `${user.name}:${hash.toString().trim()}\n`);
  }
  // Started by root, it becomes the user of its package.
  chmodSync(folder, 0o755);
  chmodSync(key, 0o644);
  mkdirSync(join(folder, 'cores'));
  chmodSync(join(folder, 'cores'), 0o777);
  const file = join(folder, 'squid.conf');
  writeFileSync(
    file,
    [
      `http_port ${SQUID_PORT}`,
      `https_port ${SQUID_TLS_PORT} tls-cert=${certificate} tls-key=${key}`,
      `pid_filename ${join(folder, 'pid')}`,
      `coredump_dir ${join(folder, 'cores')}`,
      'cache deny all',
      'access_log none',
      'cache_log /dev/null',
      'logfile_rotate 0',
      'pinger_enable off',
      'shutdown_lifetime 0 seconds',
      `acl allowed port ${ports.join(' ')}`,
      ...(user === undefined
        ? ['http_access allow CONNECT allowed']
        : [
            `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${users}`,
            'acl known proxy_auth REQUIRED',
            'http_access allow CONNECT allowed known',
          ]),
      'http_access deny all',
      '',
    ].join('\n'),
  );
  host.spawn([...ownMemory, 'squid', '-N', '-f', file]);
  await untilListening(host, SQUID_PORT);
  await untilListening(host, SQUID_TLS_PORT);
  return {
    clear: `http://${address}:${SQUID_PORT}`,
    secure: `https://${address}:${SQUID_TLS_PORT}`,
    certificate,
  };
}

/** Signed by itself, for one address. */
function makeCertificate(folder: string, address: string) {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=proxy';
  const names = ['-addext', `subjectAltName=IP:${address}`, '-keyout', key, '-out', certificate];
  execFileSync('openssl', [...words.split(' '), ...names], { stdio: 'ignore' });
  return { certificate, key };
}

function temporaryFolder(context: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-proxy-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function untilListening(host: Host, port: number): Promise<void> {
  await eventually(async () => {
    const { stdout } = await host.exec(['ss', '-Hltn', `sport = :${port}`]);
    expect(stdout).not.toBe('');
  });
}
