import type { ApprovalSummary } from '../../api/types.ts';
import { askedLine } from '../../parts/http/http-message.ts';

const MOST_TABLES = 2;
/** Of an address; all of it stands below. */
const MOST_CHARACTERS = 100;

type Titled = Pick<ApprovalSummary, 'kinds' | 'tables' | 'target' | 'protocol' | 'text'>;

/** `ALTER public.orders`, `DELETE public.customers and 3 more`, `POST /orders`: what is asked for, in a few words. */
export function titleOf({ kinds, tables, target, protocol, text }: Titled): string {
  const line = protocol === 'http' ? askedLine(text) : undefined;
  if (line !== undefined) return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
  const verbs = kinds.map((kind) => kind.toUpperCase()).join(', ');
  const named = tables.slice(0, MOST_TABLES).join(', ');
  const more = tables.length > MOST_TABLES ? ` and ${tables.length - MOST_TABLES} more` : '';
  return `${verbs === '' ? 'Request' : verbs} ${named === '' ? `in ${target}` : `${named}${more}`}`;
}
