import type { ApprovalSummary } from '../../api/types.ts';

const MOST_TABLES = 2;

/** `ALTER public.orders`, `DELETE public.customers and 3 more`: what is asked for, in a few words. */
export function titleOf({ kinds, tables, target }: Pick<ApprovalSummary, 'kinds' | 'tables' | 'target'>): string {
  const verbs = kinds.map((kind) => kind.toUpperCase()).join(', ');
  const named = tables.slice(0, MOST_TABLES).join(', ');
  const more = tables.length > MOST_TABLES ? ` and ${tables.length - MOST_TABLES} more` : '';
  return `${verbs === '' ? 'Request' : verbs} ${named === '' ? `in ${target}` : `${named}${more}`}`;
}
