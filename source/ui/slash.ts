/** What a line that was entered asks for. `//` at its start sends a line with one slash. */
export type Entered =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'quit' | 'help' | 'path' }
  | { readonly kind: 'unknown'; readonly notice: string };

const commands = ['/help', '/path', '/quit'] as const;

const kinds = { '/help': 'help', '/path': 'path', '/quit': 'quit' } as const;

export function readEntered(text: string): Entered {
  if (text.startsWith('//')) {
    return { kind: 'message', text: text.slice(1) };
  }
  if (!text.startsWith('/')) {
    return { kind: 'message', text };
  }
  const command = text.trim();
  const known = commands.find((one) => one === command);
  if (known !== undefined) {
    return { kind: kinds[known] };
  }
  const [name = ''] = command.split(/\s/, 1);
  const meant = commands.find((one) => one.startsWith(name.slice(0, 2).toLowerCase())) ?? '/help';
  return {
    kind: 'unknown',
    notice: `There is no ${name}. Did you mean ${meant}? To send a line that begins with a slash, double it.`,
  };
}
