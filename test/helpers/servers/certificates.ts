/** Certificates for servers on loopback, made by openssl. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
  /** Days from now; by default 2. A negative number makes a certificate that has expired. */
  readonly days?: number;
  /** By default it signs itself. */
  readonly signer?: CertificateFiles;
}

/** Makes a key and a certificate, which are there until the owner has finished. */
export function makeCertificate(
  owner: Pick<Owner, 'onTestFinished'>,
  { names = 'DNS:localhost,IP:127.0.0.1', days = 2, signer }: CertificateOptions = {},
): CertificateFiles {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-certificate-'));
  owner.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const fixed = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost';
  const signed = signer === undefined ? [] : ['-CA', signer.certificate, '-CAkey', signer.key];
  const words = [...fixed.split(' '), '-days', String(days), ...signed, '-addext', `subjectAltName=${names}`];
  execFileSync('openssl', ['req', ...words, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  return { key, certificate };
}

/** From now on this process trusts the certificate, and all that it signs, as it trusts those of Node. */
export function trustCertificate({ certificate }: CertificateFiles): void {
  tls.setDefaultCACertificates([...tls.getCACertificates(), readFileSync(certificate, 'utf8')]);
}
