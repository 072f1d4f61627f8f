import { expandHome } from '../../storage/home-folder.ts';

/** The folder for accepted files, unless another one is named: as the config file says, else the current folder. */
export function downloadsFolder({ downloads }: { readonly downloads?: string | undefined }): string {
  return downloads === undefined ? process.cwd() : expandHome(downloads);
}
