/** Changes members of the config file's text, and leaves all else as the user has written it. */

/** A string, a sign, or a number or name. The text is JSON, so nothing else stands between spaces. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gu;

/** A member of the outermost object, by its place in the text. */
interface Member {
  readonly name: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** Sets a member of the object, or removes it if the value is undefined. The text must be a JSON object. */
export function editConfig(text: string, name: string, value: string | boolean | undefined): string {
  const members = membersOf(text);
  // JSON.parse takes the last one of the same name.
  const at = members.findLastIndex((member) => member.name === name);
  const found = members[at];
  if (value === undefined) {
    const [before, next] = [members[at - 1], members[at + 1]];
    if (found === undefined) {
      return text;
    }
    const cut = next === undefined ? [before?.end ?? found.start, found.end] : [found.start, next.start];
    // An earlier one of the same name would count now.
    return editConfig(text.slice(0, cut[0]) + text.slice(cut[1]), name, undefined);
  }
  const written = JSON.stringify(value);
  if (found !== undefined) {
    return text.slice(0, found.valueStart) + written + text.slice(found.end);
  }
  const [first, last] = [members[0], members.at(-1)];
  const open = text.indexOf('{') + 1;
  if (first === undefined || last === undefined) {
    return `${text.slice(0, open)}\n  ${JSON.stringify(name)}: ${written}\n${text.slice(text.lastIndexOf('}'))}`;
  }
  const gap = text.slice(open, first.start);
  return `${text.slice(0, last.end)},${gap || ' '}${JSON.stringify(name)}: ${written}${text.slice(last.end)}`;
}

function membersOf(text: string): readonly Member[] {
  const members: Member[] = [];
  let depth = 0;
  let name: Pick<Member, 'name' | 'start'> | undefined;
  let valueStart: number | undefined;
  let end = 0;
  function close() {
    if (name !== undefined && valueStart !== undefined) {
      members.push({ ...name, valueStart, end });
    }
    name = undefined;
    valueStart = undefined;
  }
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '}' || token === ']') {
      depth -= 1;
    }
    if (depth === 0 || (depth === 1 && token === ',')) {
      close();
    } else if (name === undefined) {
      name = { name: JSON.parse(token) as string, start: index };
    } else if (token !== ':' || valueStart !== undefined) {
      valueStart ??= index;
    }
    if (token === '{' || token === '[') {
      depth += 1;
    }
    end = index + token.length;
  }
  return members;
}
