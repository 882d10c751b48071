import { COLUMN_KEYS } from './column-facts.ts';

/** What a condition asks for beside the operation's plain facts. */
export interface Uses {
  /** Classes of columns: `operation.reads`, `filters`, `writes`, `copies`. */
  readonly classes: boolean;
  /** `operation.columns` themselves, or whether they are known. */
  readonly columns: boolean;
  readonly lock: boolean;
  readonly time: boolean;
}

/** Reads it off the syntax tree; any use of the operation as a whole counts as all of it. */
export function usesOf(ast: unknown): Uses {
  const uses = { classes: false, columns: false, lock: false, time: false };
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (!isNode(node)) return;
    const field = fieldOfOperation(node);
    if (field !== undefined) {
      uses.classes ||= CLASS_FIELDS.has(field);
      uses.columns ||= field === 'columns' || field === 'columnsKnown';
      uses.lock ||= field === 'lock';
      return;
    }
    if (node.op === 'id' && node.args === 'operation') uses.classes = uses.columns = uses.lock = true;
    if (node.op === 'id' && node.args === 'time') uses.time = true;
    walk(node.args);
  };
  walk(ast);
  return uses;
}

const CLASS_FIELDS: ReadonlySet<string> = new Set(COLUMN_KEYS);

export interface Node {
  readonly op: string;
  readonly args: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** `operation.kind` */
function fieldOfOperation({ op, args }: Node): string | undefined {
  if (op !== '.' || !Array.isArray(args)) return undefined;
  const [object, field]: readonly unknown[] = args;
  const isOperation = isNode(object) && object.op === 'id' && object.args === 'operation';
  return isOperation && typeof field === 'string' ? field : undefined;
}
