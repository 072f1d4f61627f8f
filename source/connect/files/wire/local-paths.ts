import { hash } from 'node:crypto';
import { isHiddenName, safeFileName } from './safe-file-name.ts';

/** The place of a peer's path inside the folder on this side. */
export interface LocalPath {
  /** Safe names: those that its folders have here, and the one that it should get. None for the offered folder itself. */
  readonly components: readonly string[];
  /** The same only for the same path, and short for every path. */
  readonly key: string;
  /** Whether its name at the peer is hidden. */
  readonly isHidden: boolean;
}

/**
 * The paths of an offered folder on this side. Names that differ at the peer may
 * be the same here, because they were made safe or because the file system does
 * not tell capitals apart. The second folder of a name then gets another name,
 * and what it holds must not go into the first.
 */
export class LocalPaths {
  readonly #keepsHidden: boolean;
  /** The names of folders that got another name than they should have, by key. */
  readonly #names = new Map<string, string>();

  constructor(keepsHidden: boolean) {
    this.#keepsHidden = keepsHidden;
  }

  /** Ignores empty components and single dots. */
  of(path: string): LocalPath {
    const given = path.split('/').filter((component) => component !== '' && component !== '.');
    let key = '';
    const components = given.map((component, index) => {
      key = hash('sha256', `${key}/${component}`, 'base64url');
      const name = index < given.length - 1 ? this.#names.get(key) : undefined;
      return name ?? safeFileName(component, this.#keepsHidden);
    });
    return { components, key, isHidden: isHiddenName(given.at(-1) ?? '') };
  }

  /** Notes that the folder of this key has this name here. */
  call(key: string, name: string): void {
    this.#names.set(key, name);
  }
}
