import { analyse } from 'scslre';

type Node = Readonly<Record<string, unknown>>;

/** Goes up in the tree, or across it. */
const ways = new Set(['parent', 'resolved', 'references']);

function nodesBelow(node: Node): readonly Node[] {
  return Object.entries(node)
    .filter(([name]) => !ways.has(name))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'type' in value)
    .flatMap((below) => [below].concat(nodesBelow(below)));
}

/** It is tried anew at each place, and goes as far back as it can. */
function looksBackWithoutEnd(pattern: object): boolean {
  const all = [pattern as Node, ...nodesBelow(pattern as Node)];
  return all
    .filter(({ kind }) => kind === 'lookbehind')
    .some((assertion) => nodesBelow(assertion).some(({ max }) => max === Infinity));
}

/** Why an expression takes more than a time in proportion to the text; undefined where it does not. */
export function slowness(source: string, flags: string): string | undefined {
  const { reports, parsed } = analyse(
    { source, flags },
    { reportTypes: { Move: true, Self: true, Trade: true } },
  );
  const reasons = reports.map(({ type, exponential }) => `${type}${exponential ? ', exponential' : ''}`);
  if (looksBackWithoutEnd(parsed.pattern)) {
    reasons.push('Look-behind');
  }
  return reasons.length === 0 ? undefined : reasons.join('; ');
}
