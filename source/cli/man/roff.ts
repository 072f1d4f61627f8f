/** Writes text for man(7): what it escapes, and how it breaks lines. This file is pure. */

/** Longer lines of the source are bad style, says mandoc. */
const MAX_LINE_CHARACTERS = 78;

/** Characters that not every terminal has, and what is written for them. */
const simple: ReadonlyMap<string, string> = new Map([
  ['…', '...'],
  ['·', '-'],
]);

/** Text in which nothing is an escape. A hyphen stays one, so that a line that was copied can be typed. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[…·]/gu, (found) => simple.get(found) ?? '')
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('^', String.raw`\(ha`)
    .replaceAll('~', String.raw`\(ti`)
    .replaceAll('`', String.raw`\(ga`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll(
      /[^\n\u0020-\u007E]/gu,
      (found) => String.raw`\[u${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

export function bold(text: string): string {
  return text === '' ? '' : String.raw`\fB${escaped(text)}\fR`;
}

export function italic(text: string): string {
  return text === '' ? '' : String.raw`\fI${escaped(text)}\fR`;
}

/** Text that is escaped already, as lines of the source. None begins like a request. */
export function textLines(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/[ \n]+/).filter((one) => one !== '')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > MAX_LINE_CHARACTERS) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = `${line} ${word}`;
    }
  }
  return lines.map((line, index) => {
    // Behind the end of a sentence, groff would put two spaces.
    const end = index < lines.length - 1 && /[.?!]["')]*$/.test(line) ? String.raw`\&` : '';
    return (line.startsWith('.') ? String.raw`\&` : '') + line + end;
  });
}

/** A term with its meaning below. Both are escaped already. */
export function taggedLines(term: string, meaning: string): string[] {
  return ['.TP', ...oneLine(term), ...(meaning === '' ? [String.raw`\&`] : textLines(meaning))];
}

/** The term of .TP is the next line of the source. */
function oneLine(text: string): string[] {
  return textLines(text).map((line, index, all) => (index < all.length - 1 ? `${line} \\c` : line));
}

/** Several lines as they are. */
export function codeLines(text: string): string[] {
  const lines = text.split('\n').map((line) => escaped(line).replace(/^\./, String.raw`\&.`));
  return ['.PP', '.RS 4', '.EX', ...lines, '.EE', '.RE'];
}

/** The head of a section. */
export function sectionLine(title: string): string {
  return `.SH ${quotedArgument(title.toUpperCase())}`;
}

export function subsectionLine(title: string): string {
  return `.SS ${quotedArgument(title)}`;
}

/** An argument of a request. */
export function quotedArgument(text: string): string {
  return `"${escaped(text).replaceAll('"', String.raw`\(dq`)}"`;
}
