/** Turns a part of a page of the manual, which is Markdown, into man(7). This file is pure. */
import { lexer, type Token, type Tokens } from 'marked';
import { bold, codeLines, escaped, taggedLines, textLines } from './roff.ts';

/** What stands under a heading, up to the next one. Throws an Error if there is no such heading. */
export function underHeading(markdown: string, heading: string): readonly Token[] {
  const tokens = lexer(markdown);
  const start = tokens.findIndex((token) => token.type === 'heading' && token['text'] === heading);
  if (start === -1) {
    throw new Error(`The manual has no heading "${heading}" any more.`);
  }
  const rest = tokens.slice(start + 1);
  const end = rest.findIndex((token) => token.type === 'heading');
  return end === -1 ? rest : rest.slice(0, end);
}

/** Paragraphs, lists, tables and code as lines of the source. Pictures are left out. */
export function blockLines(token: Token): string[] {
  switch (token.type) {
    case 'paragraph': {
      const text = inline(token);
      return text.trim() === '' ? [] : ['.PP', ...textLines(text)];
    }
    case 'list': {
      const { items } = token as Tokens.List;
      return items.flatMap((item) => [String.raw`.IP \(bu 2`].concat(textLines(inline(item))));
    }
    case 'table': {
      const { rows } = token as Tokens.Table;
      return rows.flatMap(([term, ...others]) =>
        taggedLines(term === undefined ? '' : inline(term), others.map((cell) => inline(cell)).join('; ')),
      );
    }
    case 'code': {
      return codeLines(token['text'] as string);
    }
    default: {
      return [];
    }
  }
}

/** The words. A link to another page shows only its text, and one further down where that is told. */
function inline(token: { readonly tokens?: Token[] | undefined; readonly text?: string }): string {
  return token.tokens === undefined
    ? escaped(token.text ?? '')
    : token.tokens.map((one) => inlinePart(one)).join('');
}

function inlinePart(token: Token): string {
  switch (token.type) {
    case 'codespan': {
      return bold(String(token['text']));
    }
    case 'image': {
      return '';
    }
    case 'link': {
      // Only one page has such links that get here.
      return String(token['href']).startsWith('#') ? bold('punchline help chat') : inline(token);
    }
    default: {
      return inline(token as Tokens.Text);
    }
  }
}
