/** What the server's planner says of one statement: EXPLAIN (FORMAT JSON), manual, 14.1. */
export interface Plan {
  /** Rows read, or changed where it changes some. */
  readonly rows?: number;
  readonly cost?: number;
  /** A line for each node, indented as EXPLAIN's own text is. */
  readonly text: string;
}

/** Reads a plan; undefined where it is not one. What names and conditions say in it is text and nothing else. */
export function readPlan(json: string): Plan | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return undefined; // cut, or not what EXPLAIN gives
  }
  const top = Array.isArray(parsed) ? (parsed[0] as unknown) : undefined;
  const node = isRecord(top) ? top['Plan'] : undefined;
  if (!isRecord(node)) return undefined;
  const rows = rowsOf(node);
  const cost = numberOf(node['Total Cost']);
  const lines: string[] = [];
  describe(node, 0, lines);
  return { ...(rows === undefined ? {} : { rows }), ...(cost === undefined ? {} : { cost }), text: lines.join('\n') };
}

type Node = Readonly<Record<string, unknown>>;

/** A statement that changes rows says none of its own unless it returns them: what it changes is what it is fed. */
function rowsOf(node: Node): number | undefined {
  if (node['Node Type'] !== 'ModifyTable') return numberOf(node['Plan Rows']);
  const fed = childrenOf(node).filter((child) => ['Outer', 'Member'].includes(String(child['Parent Relationship'])));
  return fed.reduce((sum, child) => sum + (numberOf(child['Plan Rows']) ?? 0), 0);
}

const MAX_LINES = 200;
/** What a node may say beside its name, in the server's own words. */
const CONDITIONS = [
  'Index Cond',
  'Recheck Cond',
  'Hash Cond',
  'Merge Cond',
  'Join Filter',
  'Filter',
  'One-Time Filter',
];

function describe(node: Node, depth: number, lines: string[]): void {
  if (lines.length >= MAX_LINES || depth > MAX_LINES) return;
  const indent = '  '.repeat(depth);
  const name = [node['Operation'] ?? node['Node Type'], relationOf(node)].filter((part) => part !== '').join(' ');
  const figures = `rows=${numberOf(node['Plan Rows']) ?? '?'} cost=${numberOf(node['Total Cost']) ?? '?'}`;
  lines.push(`${indent}${depth === 0 ? '' : '-> '}${oneLine(name)} (${figures})`);
  for (const key of CONDITIONS) {
    if (typeof node[key] === 'string') lines.push(`${indent}     ${key}: ${oneLine(node[key])}`);
  }
  for (const child of childrenOf(node)) describe(child, depth + 1, lines);
}

function relationOf(node: Node): string {
  const relation = node['Relation Name'] ?? node['Function Name'] ?? node['CTE Name'];
  const index = node['Index Name'];
  const on = typeof relation === 'string' ? `on ${relation}` : '';
  return typeof index === 'string' ? `using ${index} ${on}`.trimEnd() : on;
}

function childrenOf(node: Node): readonly Node[] {
  const children = node['Plans'];
  return Array.isArray(children) ? children.filter(isRecord) : [];
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function isRecord(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
