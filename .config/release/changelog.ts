/** The text below the heading of a version in the page on changes, or undefined if there is none. */
export function changesOf(page: string, version: string): string | undefined {
  const lines = page.split('\n');
  const start = lines.indexOf(`## ${version}`);
  if (start === -1) {
    return undefined;
  }
  const end = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  const text = lines
    .slice(start + 1, end === -1 ? undefined : end)
    .join('\n')
    .trim();
  return text === '' ? undefined : text;
}
