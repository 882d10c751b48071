import type { ApprovalSummary } from '../../api/types.ts';
import { askedLine } from '../../parts/http/http-message.ts';
import { kubectlOf } from '../../parts/kubernetes/kubectl.ts';

const MOST_TABLES = 2;
/** Of an address; all of it stands below. */
const MOST_CHARACTERS = 100;

type Titled = Pick<ApprovalSummary, 'kind' | 'kinds' | 'tables' | 'target' | 'protocol' | 'text'>;

/** `ALTER public.orders`, `DELETE public.customers and 3 more`, `POST /orders`: what is asked for, in a few words. */
export function titleOf({ kind, kinds, tables, target, protocol, text }: Titled): string {
  if (kind === 'access') return `Enter ${target}`;
  if (protocol === 'mcp') return mcpTitle(text);
  const asked = protocol === 'http' || protocol === 'kubernetes' ? askedLine(text) : undefined;
  const line = asked !== undefined && protocol === 'kubernetes' ? (kubectlOf(asked) ?? asked) : asked;
  if (line !== undefined) return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
  const verbs = kinds.map((one) => one.toUpperCase()).join(', ');
  const named = tables.slice(0, MOST_TABLES).join(', ');
  const more = tables.length > MOST_TABLES ? ` and ${tables.length - MOST_TABLES} more` : '';
  return `${verbs === '' ? 'Request' : verbs} ${named === '' ? `in ${target}` : `${named}${more}`}`;
}

/** `tools/call create_issue`: the first line of what is asked, without its arguments. */
function mcpTitle(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return line.replace(/ [[{]$/, '').slice(0, MOST_TITLE);
}

const MOST_TITLE = 100;
