import process from 'node:process';

/** The user's editor, as git and crontab choose it; undefined where none is named. */
export function namedEditor(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return environment['VISUAL'] || environment['EDITOR'] || undefined;
}
