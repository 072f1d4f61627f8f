/** What `.config/licences.ts` has written into the bundle, read again. */

/** A package of which code went into the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As its manifest says it, an SPDX expression. */
  readonly license: string;
}

/** Stands between the licences of two packages. */
export const separator = `\n${'-'.repeat(80)}\n\n`;

/** The line above the text of a licence. */
export function headOf({ name, version, license }: BundledPackage): string {
  return `${name} ${version} (${license})`;
}

/** The packages that a file of licences names. Throws if a text has no such line above it. */
export function bundledPackages(licences: string): BundledPackage[] {
  return licences.split(separator).map((text) => {
    const [head = ''] = text.split('\n', 1);
    const [, name, version, license] = /^(\S+) (\S+) \((.+)\)$/.exec(head) ?? [];
    if (name === undefined || version === undefined || license === undefined) {
      throw new Error(`a licence begins with a line that names no package: ${head}`);
    }
    return { name, version, license };
  });
}
