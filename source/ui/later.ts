import type * as laterParts from './later-parts.ts';

/** What is loaded behind the first frame: see readme.md. */
export type Later = typeof laterParts;
