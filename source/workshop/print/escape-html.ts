const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML or SVG. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/["&'<>]/g, (found) => entities[found] ?? found);
}
