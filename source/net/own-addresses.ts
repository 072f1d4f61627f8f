import { networkInterfaces } from 'node:os';

/** The addresses of this machine; none where it does not tell them, or has no file left to ask with (EMFILE). */
export function ownAddresses(): string[] {
  try {
    return Object.values(networkInterfaces())
      .flatMap((infos) => infos ?? [])
      .map(({ address }) => address);
  } catch {
    return [];
  }
}
