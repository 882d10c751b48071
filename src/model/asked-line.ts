import { readHttpMessage } from './http-message.ts';
import { kubectlLine } from './kubectl-line.ts';
import { isMcp } from './mcp-message.ts';

/**
 * What was asked in a line, where that is not its text: `kubectl delete pods/web -n shop`, `POST /orders?express=1`,
 * `tools/call create_issue`; a command with its white space as one each. Undefined of SQL, and where nothing can be said.
 * At most `most` characters; nothing in it is neutralised.
 */
export function askedInLine(text: string, operations: readonly unknown[], most = 300): string | undefined {
  const line = wholeLine(text, operations);
  if (line === undefined) return undefined;
  const one = line
    .slice(0, most * 2)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return one.length > most ? `${one.slice(0, most - 1)}…` : one;
}

function wholeLine(text: string, operations: readonly unknown[]): string | undefined {
  if (isMcp(operations)) return text.split('\n', 1)[0]?.replace(/ [[{]$/, '');
  if (has(operations, 'ssh')) return text;
  if (!has(operations, 'http') && !has(operations, 'kubernetes')) return undefined;
  const { start, fields } = readHttpMessage(Buffer.from(text));
  if (start === undefined) return undefined;
  const [method = '', target = ''] = start.split(' ');
  const type = fields.findLast(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const said = has(operations, 'kubernetes') ? kubectlLine(method, target, type) : undefined;
  return said === undefined ? `${method} ${target}` : `kubectl ${said}`;
}

function has(operations: readonly unknown[], facts: string): boolean {
  return operations.some((one) => typeof one === 'object' && one !== null && facts in one);
}
