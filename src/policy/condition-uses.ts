import { COLUMN_KEYS } from './column-facts.ts';
import { OBJECT_FIELDS } from './target-views.ts';

/** What a condition asks for beside the operation's plain facts. */
export interface Uses {
  /** Classes of columns: `operation.reads`, `filters`, `writes`, `copies`. */
  readonly classes: boolean;
  /** `operation.columns` themselves, or whether they are known. */
  readonly columns: boolean;
  readonly lock: boolean;
  /** What stands in a request's body, or whether it is known. */
  readonly body: boolean;
  /** What the target's OpenAPI document calls a request. */
  readonly template: boolean;
  /** The action of a cloud API, and its resources. */
  readonly action: boolean;
  readonly resources: boolean;
  readonly graphql: boolean;
  /** What is given along with a message of MCP. */
  readonly arguments: boolean;
  /** Of a command: its program, its words, its files; or whether they are known. */
  readonly program: boolean;
  readonly words: boolean;
  readonly files: boolean;
  /** What stands in an object of a cluster, or whether it is known. */
  readonly object: boolean;
  readonly time: boolean;
}

/** Reads it off the syntax tree; any use of the operation as a whole counts as all of it. */
export function usesOf(ast: unknown): Uses {
  const uses = { classes: false, columns: false, lock: false, ...NO_HTTP, arguments: false, ...NO_OTHERS, time: false };
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (!isNode(node)) return;
    const part = fieldOf(node, isHttp);
    if (part !== undefined) {
      uses.body ||= part === 'body' || part === 'bodyKnown';
      uses.template ||= part === 'template' || part === 'operationId';
      uses.action ||= part === 'action';
      uses.resources ||= part === 'resources';
      uses.graphql ||= part === 'graphql';
      return;
    }
    const given = fieldOf(node, isMcp);
    if (given !== undefined) {
      uses.arguments ||= given === 'arguments' || given === 'argumentsKnown';
      return;
    }
    const ofProgram = fieldOf(node, (one) => fieldOf(one, isOperation) === 'ssh');
    if (ofProgram !== undefined) {
      uses.program ||= ['program', 'programKnown', 'through', 'environment'].includes(ofProgram);
      uses.words ||= ofProgram === 'arguments' || ofProgram === 'argumentsKnown';
      uses.files ||= ofProgram === 'files' || ofProgram === 'filesKnown';
      return;
    }
    const ofObject = fieldOf(node, (one) => fieldOf(one, isOperation) === 'kubernetes');
    if (ofObject !== undefined) {
      uses.object ||= OBJECT_FIELDS.has(ofObject);
      return;
    }
    const field = fieldOf(node, isOperation);
    if (field !== undefined) {
      uses.classes ||= CLASS_FIELDS.has(field);
      uses.columns ||= field === 'columns' || field === 'columnsKnown';
      uses.lock ||= field === 'lock';
      if (field === 'http') Object.assign(uses, ALL_HTTP);
      uses.arguments ||= field === 'mcp';
      if (field === 'ssh') Object.assign(uses, { program: true, words: true, files: true });
      uses.object ||= field === 'kubernetes';
      return;
    }
    if (isOperation(node)) Object.assign(uses, ALL_PLAIN, ALL_HTTP, ALL_OTHERS);
    if (node.op === 'id' && node.args === 'time') uses.time = true;
    walk(node.args);
  };
  walk(ast);
  return uses;
}

const NO_HTTP = { body: false, template: false, action: false, resources: false, graphql: false };
const ALL_HTTP: typeof NO_HTTP = { body: true, template: true, action: true, resources: true, graphql: true };
const NO_OTHERS = { program: false, words: false, files: false, object: false };
const ALL_OTHERS: typeof NO_OTHERS = { program: true, words: true, files: true, object: true };
const ALL_PLAIN = { classes: true, columns: true, lock: true, arguments: true };
const CLASS_FIELDS: ReadonlySet<string> = new Set(COLUMN_KEYS);

export interface Node {
  readonly op: string;
  readonly args: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function isOperation(node: Node): boolean {
  return node.op === 'id' && node.args === 'operation';
}

function isHttp(node: Node): boolean {
  return fieldOf(node, isOperation) === 'http';
}

function isMcp(node: Node): boolean {
  return fieldOf(node, isOperation) === 'mcp';
}

/** `kind` of `operation.kind`, where `isObject` says that what stands before the dot is meant. */
function fieldOf({ op, args }: Node, isObject: (node: Node) => boolean): string | undefined {
  if (op !== '.' || !Array.isArray(args)) return undefined;
  const [object, field]: readonly unknown[] = args;
  return isNode(object) && isObject(object) && typeof field === 'string' ? field : undefined;
}
