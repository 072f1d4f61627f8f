import type { BundledPackage } from './bundled-packages.ts';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
}

export interface Bill {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** When the commit was made: a bill of the same commit has the same bytes. */
  readonly timestamp: string;
  readonly bundled: readonly BundledPackage[];
  readonly lock: LockFile;
}

/**
 * A software bill of materials, CycloneDX 1.5: the packages of which code went
 * into the bundle, with the hashes of the lock file. `npm sbom` lists all that is
 * installed for development instead, none of which is in the package. Throws if
 * a package was bundled in a version that the lock file does not have.
 */
export function billOfMaterials({ name, version, license, timestamp, bundled, lock }: Bill): string {
  const own = reference(name, version);
  const components = bundled.map((one) => ({
    type: 'library',
    'bom-ref': reference(one.name, one.version),
    name: one.name,
    version: one.version,
    purl: reference(one.name, one.version),
    hashes: [{ alg: 'SHA-512', content: lockedHash(one, lock) }],
    licenses: [{ expression: one.license }],
  }));
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp,
      component: {
        type: 'application',
        'bom-ref': own,
        name,
        version,
        purl: own,
        licenses: [{ expression: license }],
      },
    },
    components,
    // Which of them uses which is not known of a bundle: all of them are part of it.
    compositions: [{ aggregate: 'complete', assemblies: [own, ...components.map(({ purl }) => purl)] }],
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

/** The name of a package for machines, a package URL. Its scope is encoded. */
function reference(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function lockedHash({ name, version }: BundledPackage, { packages }: LockFile): string {
  const [, locked] =
    Object.entries(packages).find(
      ([path, entry]) => path.endsWith(`node_modules/${name}`) && entry.version === version,
    ) ?? [];
  const [, hash] = /^sha512-(.+)$/.exec(locked?.integrity ?? '') ?? [];
  if (hash === undefined) {
    throw new Error(
      `${name} ${version} went into the bundle, and is not in package-lock.json: run "npm ci" first`,
    );
  }
  return Buffer.from(hash, 'base64').toString('hex');
}
