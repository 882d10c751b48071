import type { ApprovalSummary } from '../../api/types.ts';

const MOST_TABLES = 2;
/** All of it stands below. */
const MOST_CHARACTERS = 100;

type Titled = Pick<ApprovalSummary, 'kind' | 'kinds' | 'tables' | 'target' | 'line'>;

/** `ALTER public.orders`, `DELETE public.customers and 3 more`, `POST /orders`, `rm -rf /srv/old`: what is asked for, in a few words. */
export function titleOf({ kind, kinds, tables, target, line }: Titled): string {
  if (kind === 'access') return `Enter ${target}`;
  if (line !== undefined) return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
  const verbs = kinds.map((one) => one.toUpperCase()).join(', ');
  const named = tables.slice(0, MOST_TABLES).join(', ');
  const more = tables.length > MOST_TABLES ? ` and ${tables.length - MOST_TABLES} more` : '';
  return `${verbs === '' ? 'Request' : verbs} ${named === '' ? `in ${target}` : `${named}${more}`}`;
}
