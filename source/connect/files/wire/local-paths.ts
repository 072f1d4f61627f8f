import { hash } from 'node:crypto';
import { isHiddenName, safeFileName } from './safe-file-name.ts';

/** Where a path of a peer leads within the folder that it offers. */
export interface LocalPath {
  /** Safe ones: the folders as they are called here, and the name that the last is to have. None: the folder itself. */
  readonly components: readonly string[];
  /** The same for the same path alone, and short however long that is. */
  readonly key: string;
  /** Whether the name that the peer gives to the last is a hidden one. */
  readonly isHidden: boolean;
}

/**
 * The paths of an offered folder on this side. Names that differ there may be
 * the same here, made safe or by a file system that knows no capitals: the
 * second folder of a name is called something else, and what it holds must
 * not end up in the first.
 */
export class LocalPaths {
  readonly #keepsHidden: boolean;
  /** By key, those that have not got the name that they were to have. */
  readonly #names = new Map<string, string>();

  constructor(keepsHidden: boolean) {
    this.#keepsHidden = keepsHidden;
  }

  /** Empty components and dots mean nothing in a path. */
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

  /** The folder of this key has got another name than its path says. */
  call(key: string, name: string): void {
    this.#names.set(key, name);
  }
}
