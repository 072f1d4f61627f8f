/** Turns a page of the manual, which is Markdown, into text for a terminal. */
import { lexer, type Token, type Tokens } from 'marked';
import { padText, widthOf, wrapText } from '../ui/text/text-layout.ts';
import { MAX_COLUMNS, type HelpTextOptions } from './help-text.ts';
import { twoColumns } from './two-columns.ts';

/** The page as lines that end with a newline. A line is wider than `columns` only if it cannot be broken. */
export function manualText(markdown: string, options: HelpTextOptions): string {
  const columns = Math.min(options.columns, MAX_COLUMNS);
  const context = { columns, isStyled: options.isStyled };
  const blocks = lexer(markdown).map((token) => blockText(token, context));
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

interface Context {
  readonly columns: number;
  readonly isStyled: boolean;
}

function blockText(token: Token, context: Context): string {
  switch (token.type) {
    case 'heading': {
      return bold(inlineText(token), context);
    }
    case 'paragraph': {
      return wrapped(inlineText(token), context.columns);
    }
    case 'code': {
      return indented(token['text'] as string, '    ');
    }
    case 'list': {
      return listText(token as Tokens.List, context);
    }
    case 'table': {
      return tableText(token as Tokens.Table, context);
    }
    case 'blockquote': {
      const inner = { ...context, columns: context.columns - 2 };
      const { tokens } = token as Tokens.Blockquote;
      return indented(tokens.map((one) => blockText(one, inner)).join('\n\n'), '  ');
    }
    case 'html': {
      // A terminal cannot fold: the summary of a folded part becomes a heading.
      const [, summary] = /<summary>(.*)<\/summary>/s.exec(token.raw) ?? [];
      return summary === undefined ? '' : bold(summary.trim(), context);
    }
    case 'text': {
      return wrapped(inlineText(token), context.columns);
    }
    default: {
      return '';
    }
  }
}

function listText(list: Tokens.List, context: Context): string {
  const gap = list.loose ? '\n\n' : '\n';
  const first = typeof list.start === 'number' ? list.start : 1;
  return list.items
    .map((item, index) => {
      const mark = list.ordered ? `${first + index}. ` : '- ';
      const room = { ...context, columns: context.columns - mark.length };
      const blocks = item.tokens.map((token) => blockText(token, room)).filter((block) => block !== '');
      return mark + indented(blocks.join(gap), ' '.repeat(mark.length)).slice(mark.length);
    })
    .join(gap);
}

/** A table of two columns becomes terms and meanings, a wider one a grid. */
function tableText({ header, rows: body }: Tokens.Table, context: Context): string {
  const cells = body.map((row) => row.map((cell) => inlineText(cell)));
  const head = header.map((cell) => inlineText(cell)).filter((name) => name !== '');
  const title = head.length > 0 ? [bold(wrapped(head.join(' · '), context.columns), context)] : [];
  if (header.length > 2) {
    return [...title, ...gridLines(cells, context)].join('\n');
  }
  return [...title, ...twoColumns(cells, context.columns)].join('\n');
}

/** Columns as wide as their cells, if all fit; else all cells but the first are joined. */
function gridLines(rows: readonly (readonly string[])[], { columns }: Context): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(0, ...rows.map((row) => widthOf(row[at] ?? ''))),
  );
  const total = widths.reduce((sum, width) => sum + width + 2, 0);
  if (total <= columns) {
    return rows.map((row) =>
      `  ${row.map((cell, at) => padText(cell, (widths[at] ?? 0) + 2)).join('')}`.trimEnd(),
    );
  }
  return twoColumns(
    rows.map(([first = '', ...others]) => [first, others.filter((cell) => cell !== '').join(' · ')]),
    columns,
  );
}

/** The words without marks. A link shows its address, or the topic of the page that it leads to. */
function inlineText(token: { readonly tokens?: Token[] | undefined; readonly text?: string }): string {
  const { tokens } = token;
  if (tokens === undefined) {
    return unescaped(token.text ?? '');
  }
  return tokens.map((one) => inlinePart(one)).join('');
}

function inlinePart(token: Token): string {
  switch (token.type) {
    case 'link': {
      const words = inlineText(token);
      const href = String(token['href']);
      const [, topic] = /^(?:\.\.\/|class\/)?([a-z-]+)\.md(?:#|$)/.exec(href) ?? [];
      if (topic !== undefined) {
        return `${words} (punchline help ${topic})`;
      }
      return /^https?:/.test(href) && href !== words ? `${words} <${href}>` : words;
    }
    case 'image': {
      return '';
    }
    case 'br': {
      return '\n';
    }
    case 'codespan':
    case 'escape': {
      return unescaped(String(token['text']));
    }
    default: {
      return inlineText(token as Tokens.Text);
    }
  }
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

function wrapped(text: string, columns: number): string {
  return wrapText(text.replaceAll('\n', ' '), columns).join('\n');
}

function indented(text: string, indent: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : indent + line))
    .join('\n');
}

function bold(text: string, { isStyled }: Context): string {
  return isStyled ? `\u001B[1m${text}\u001B[22m` : text;
}
