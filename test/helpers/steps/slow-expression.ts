import { analyse } from 'scslre';

type Node = Readonly<Record<string, unknown>>;

/** Properties that lead up or across the syntax tree. */
const ways = new Set(['parent', 'resolved', 'references']);

function nodesBelow(node: Node): readonly Node[] {
  return Object.entries(node)
    .filter(([name]) => !ways.has(name))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'type' in value)
    .flatMap((below) => [below].concat(nodesBelow(below)));
}

/** Whether a lookbehind can go back without limit. It is tried at each position. */
function looksBackWithoutEnd(pattern: object): boolean {
  const all = [pattern as Node, ...nodesBelow(pattern as Node)];
  return all
    .filter(({ kind }) => kind === 'lookbehind')
    .some((assertion) => nodesBelow(assertion).some(({ max }) => max === Infinity));
}

/** Why an expression takes more than linear time. Undefined if it does not. */
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
