import process from 'node:process';

/** The user's editor, found as git and crontab find it. Undefined if neither variable is set. */
export function namedEditor(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return environment['VISUAL'] || environment['EDITOR'] || undefined;
}
