import type { Options } from './option.ts';

export const friendsListOptions = {
  json: { kind: 'flag', about: 'JSON lines instead of text' },
} as const satisfies Options;

export const friendsRemoveOptions = {
  yes: { kind: 'flag', about: 'remove without asking, as in a script' },
} as const satisfies Options;
