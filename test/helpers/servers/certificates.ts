/** Certificates for servers on loopback, made by openssl. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import type { Owner } from '../skip-without.ts';

export interface CertificateFiles {
  /** Paths of PEM files. */
  readonly key: string;
  readonly certificate: string;
}

export interface CertificateOptions {
  /** As `subjectAltName` takes them; by default `DNS:localhost,IP:127.0.0.1`. */
  readonly names?: string;
  /** By default it signs itself. */
  readonly signer?: CertificateFiles;
}

const loopback = 'DNS:localhost,IP:127.0.0.1';

function openssl(folder: string, words: readonly string[]): void {
  execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
}

/** A folder that is there until the owner has finished, and the files in it. */
function filesIn({ onTestFinished }: Pick<Owner, 'onTestFinished'>) {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-certificate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem') };
}

function request(names: string, key: string, out: string, ...more: readonly string[]): readonly string[] {
  // Of several trusted certificates with one subject, OpenSSL may take the wrong one for a signer, and look no further.
  const subject = `/O=${randomUUID()}/CN=localhost`;
  const fixed = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'.split(' ');
  return [
    'req',
    ...fixed,
    '-subj',
    subject,
    '-addext',
    `subjectAltName=${names}`,
    '-keyout',
    key,
    '-out',
    out,
    ...more,
  ];
}

/** Makes a key and a certificate that is good for two days. */
export function makeCertificate(
  owner: Pick<Owner, 'onTestFinished'>,
  { names = loopback, signer }: CertificateOptions = {},
): CertificateFiles {
  const { folder, key, certificate } = filesIn(owner);
  const signed = signer === undefined ? [] : ['-CA', signer.certificate, '-CAkey', signer.key];
  openssl(folder, request(names, key, certificate, '-x509', '-days', '2', ...signed));
  return { key, certificate };
}

/** Makes a certificate for loopback that was good until 2020. Only `openssl ca` takes dates in every version. */
export function makeExpiredCertificate(
  owner: Pick<Owner, 'onTestFinished'>,
  signer: CertificateFiles,
): CertificateFiles {
  const { folder, key, certificate } = filesIn(owner);
  const wanted = join(folder, 'request.pem');
  openssl(folder, request(loopback, key, wanted, '-new'));
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(
    join(folder, 'ca.conf'),
    [
      '[ca]',
      'default_ca = ours',
      '[ours]',
      'database = index.txt',
      'new_certs_dir = .',
      'rand_serial = yes',
      'default_md = sha256',
      'copy_extensions = copy',
      'policy = any',
      '[any]',
      'commonName = supplied',
      '',
    ].join('\n'),
  );
  const dates = '-startdate 20191201000000Z -enddate 20200101000000Z'.split(' ');
  const by = ['-cert', signer.certificate, '-keyfile', signer.key];
  openssl(folder, [
    'ca',
    '-batch',
    '-notext',
    '-config',
    'ca.conf',
    ...dates,
    ...by,
    '-in',
    wanted,
    '-out',
    certificate,
  ]);
  return { key, certificate };
}

/**
 * Until the owner has finished, this process trusts the certificate, and all that it signs, as it trusts those of Node. A
 * test is skipped where Node cannot do that.
 */
export function trustCertificate(
  { certificate }: Pick<CertificateFiles, 'certificate'>,
  { skip, onTestFinished }: Owner,
): void {
  if (!('setDefaultCACertificates' in tls)) {
    skip('this version of Node trusts no further certificate once it runs');
  }
  const before = tls.getCACertificates();
  tls.setDefaultCACertificates([...before, readFileSync(certificate, 'utf8')]);
  onTestFinished(() => tls.setDefaultCACertificates(before));
}
