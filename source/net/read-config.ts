import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { PunchlineError } from '../errors.ts';
import { parseConfig, type Config } from '../core/config.ts';

/** The config file, in the XDG place on Linux; no file is an empty one. Throws ERR_USAGE. */
export function readConfig(): Config {
  const path = join(envPaths('punchline', { suffix: '' }).config, 'config.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return {};
    throw new PunchlineError('ERR_USAGE', `the config file ${path} cannot be read`, {
      hint: 'Mend or remove it.',
      cause,
    });
  }
  return parseConfig(text, path);
}
