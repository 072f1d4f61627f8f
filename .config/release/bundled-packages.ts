/** What `.config/licences.ts` has written into the bundle, read again. */

/** A package of which code went into the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As its manifest says it, an SPDX expression. */
  readonly license: string;
}

/** Stands between two licences. */
export const separator = `\n${'-'.repeat(80)}\n\n`;

/** The line that names a package above its licence. */
export function headOf({ name, version, license }: BundledPackage): string {
  return `${name} ${version} (${license})`;
}

/**
 * The packages that a file of licences names: above each text, up to an empty line. Lines with a space in front say whose a
 * package is. Throws if a text has no such lines above it.
 */
export function bundledPackages(licences: string): BundledPackage[] {
  return licences.split(separator).flatMap((text) => {
    const [heads = ''] = text.split('\n\n', 1);
    return heads
      .split('\n')
      .filter((line) => !line.startsWith(' '))
      .map((head) => {
        const [, name, version, license] = /^(\S+) (\S+) \((.+)\)$/.exec(head) ?? [];
        if (name === undefined || version === undefined || license === undefined) {
          throw new Error(`a licence begins with a line that names no package: ${head}`);
        }
        return { name, version, license };
      });
  });
}
