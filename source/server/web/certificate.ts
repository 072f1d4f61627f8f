/** A certificate with its chain, and the key that belongs to it, in PEM. */
export interface Certificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}
