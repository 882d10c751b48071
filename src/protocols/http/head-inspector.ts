import type { HttpFacts } from '../../model/http.ts';
import type { Access, Operation } from '../../model/request.ts';
import type { AskedHead, Inspected, Inspector } from './inspector.ts';

/** Tells from the method alone what a request does, and looks into no body. */
export const HEAD_INSPECTOR: Inspector = {
  wants: () => 0,
  inspect: ({ facts }: AskedHead): Inspected => ({ operations: [operationOf(facts)] }),
};

/** One request as one operation, by its method (RFC 9110, 9.2.1). */
export function operationOf(http: HttpFacts): Operation {
  const access = accessOf(http.method);
  const known = { kind: http.method.toLowerCase(), access, tables: [], functions: [], hasWhere: true, flags: [], http };
  return access === 'unknown' ? { ...known, kind: 'unknown', reason: UNREGISTERED } : known;
}

const UNREGISTERED = 'its method is not registered, so nobody can say what it does';

/** Methods are case-sensitive: what is written otherwise is another one that nobody registered. */
export function accessOf(method: string): Access {
  if (READS.has(method)) return 'read';
  return WRITES.has(method) ? 'write' : 'unknown';
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY']);
/** IANA, "HTTP Method Registry"; CONNECT and TRACE are refused before anybody asks. */
const WRITES: ReadonlySet<string> = new Set([
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  // WebDAV and its extensions (RFC 4918, 3253, 3648, 3744, 4437, 4791, 5842)
  'COPY',
  'LOCK',
  'MKCOL',
  'MOVE',
  'PROPPATCH',
  'UNLOCK',
  'ACL',
  'BASELINE-CONTROL',
  'BIND',
  'CHECKIN',
  'CHECKOUT',
  'LABEL',
  'LINK',
  'MERGE',
  'MKACTIVITY',
  'MKCALENDAR',
  'MKREDIRECTREF',
  'MKWORKSPACE',
  'ORDERPATCH',
  'REBIND',
  'UNBIND',
  'UNCHECKOUT',
  'UNLINK',
  'UPDATE',
  'UPDATEREDIRECTREF',
  'VERSION-CONTROL',
]);
