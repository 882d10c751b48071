import type { Target } from '../../model/target.ts';
import { authorityOf } from './forwarded-head.ts';
import type { Fields, ReplyHead } from './message.ts';

/** Where clients find the target, as far as its replies speak of places. */
export interface Whereabouts {
  readonly target: Target;
  /** What stands before the target's paths where the client is; see `Route`. */
  readonly prefix: string;
  /** True where the client believes to talk to the target itself. */
  readonly proxied: boolean;
}

/** A reply's head as its client gets it: no way round the gateway is offered, and redirects lead back through it. */
export function replyHeadFor({ status, fields }: ReplyHead, where: Whereabouts): ReplyHead {
  if (!fields.some(([name]) => SPECIAL.has(name))) return { status, fields };
  return { status, fields: fields.flatMap(([name, value]) => told(name, value, where)) };
}

const SPECIAL: ReadonlySet<string> = new Set([
  'alt-svc',
  'chaperone-refusal',
  'strict-transport-security',
  'location',
  'content-location',
]);

function told(name: string, value: string, where: Whereabouts): Fields {
  switch (name) {
    case 'alt-svc':
    // By it a client tells what the gateway said from what the target did.
    case 'chaperone-refusal':
      return [];
    // It would be kept for the gateway's own name.
    case 'strict-transport-security':
      return where.proxied ? [[name, value]] : [];
    case 'location':
    case 'content-location':
      return [[name, where.proxied ? value : translated(value, where)]];
    default:
      return [[name, value]];
  }
}

/** An address of the target as one of the gateway's; any other stays as it is. */
function translated(address: string, { target, prefix }: Whereabouts): string {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(address) ?? [undefined, undefined, address];
  const isOurs = authority === undefined ? /^\/(?!\/)/.test(rest) : namesTarget(authority, target);
  const base = target.http?.basePath ?? '';
  if (!isOurs || !(rest === base || rest.startsWith(`${base}/`) || rest.startsWith(`${base}?`))) return address;
  const within = rest.slice(base.length);
  return `${prefix}${within.startsWith('/') ? '' : '/'}${within}`;
}

function namesTarget(authority: string, target: Target): boolean {
  const named = authority.toLowerCase();
  const { host, port } = target.address;
  return named === authorityOf(target).toLowerCase() || named === `${host}:${port}`.toLowerCase();
}
