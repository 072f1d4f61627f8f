import process from 'node:process';

/** Starts a program that is written in TypeScript. Node 22 runs it only with the first flag; Node 24 takes both. */
export const typescriptNode = [
  process.execPath,
  '--experimental-strip-types',
  '--disable-warning=ExperimentalWarning',
] as const;
