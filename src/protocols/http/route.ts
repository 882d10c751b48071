import type { TargetName } from '../../model/ids.ts';
import type { Refusal } from '../../model/refusal.ts';
import { type Proof, proofOf } from './claims.ts';
import { hostOf } from './grammar.ts';
import type { HttpPlace } from './layer.ts';
import type { RequestHead } from './message.ts';

/** How requests came to be heard; docs/design/0007-http.md, "Who asks". */
export type Door =
  /** The gateway's own port, in clear or not. */
  | { readonly kind: 'port'; readonly secure: boolean }
  /** A listener of a run, for one target. */
  | { readonly kind: 'carried'; readonly target: TargetName }
  /** A listener of a run, for what of the port is no target's. */
  | { readonly kind: 'place' }
  /** Inside a CONNECT to this host, which is one of the target's; the CONNECT has proved who asks. */
  | { readonly kind: 'tunnel'; readonly authority: string; readonly target: TargetName; readonly proof: Proof };

/** Where the gateway finds the targets that requests name. */
export interface Places {
  /** The target that has the host, lower case and without a port, among its `hosts`. */
  byHost(host: string): TargetName | undefined;
  /** The names of the HTTP port itself: `TARGET.DOMAIN` is the target's own host. Lower case. */
  readonly domains: readonly string[];
  /** What of the port is no target's. */
  readonly own?: readonly HttpPlace[];
}

/** Without a port, and without the brackets of an IPv6 address. */
export function hostName(authority: string): string {
  return hostOf(authority).replaceAll(/[[\]]/g, '');
}

export interface Route {
  readonly target: TargetName;
  /** The origin form within the target, not normalised. */
  readonly origin: string;
  /** What the target's addresses have before them on this way in, as its redirects must say it: `/t/shop`, or nothing. */
  readonly prefix: string;
  readonly proof: Proof | undefined;
  /** True on a forward proxy, whose clients believe that they talk to the target itself. */
  readonly proxied: boolean;
}

/** A request for what is no target's. */
export interface Stray {
  readonly place: string;
  readonly proof: Proof | undefined;
  readonly proxied: boolean;
  readonly refusal: Refusal;
}

/** A request for a place of the port itself. */
export interface OwnPlace {
  readonly own: HttpPlace;
  readonly proof: Proof | undefined;
  readonly proxied: false;
}

/** The target that a request is for, and what it shows to be let in. A CONNECT is routed as the host that it asks for. */
export function routeOf(head: RequestHead, door: Door, places: Places): Route | OwnPlace | Stray {
  switch (door.kind) {
    case 'tunnel':
      return tunnelled(head, door);
    case 'carried':
      return carried(head, door.target, places);
    case 'place':
      return placed(head, places);
    case 'port':
      return head.absolute || head.method === 'CONNECT' ? proxied(head, places) : reversed(head, places);
    default:
      return door satisfies never;
  }
}

function tunnelled(head: RequestHead, { authority, target, proof }: Door & { readonly kind: 'tunnel' }): Route | Stray {
  const host = hostOf(head.authority);
  if (host === hostOf(authority)) return { target, origin: head.target, prefix: '', proof, proxied: true };
  const message = `this tunnel is for another host than ${host}`;
  return { place: host, proof, proxied: true, refusal: { code: 'target-unknown', message } };
}

/** Everything that comes there is for its target, but what asks for another host by name. */
function carried(head: RequestHead, target: TargetName, places: Places): Route | Stray {
  if (!head.absolute && head.method !== 'CONNECT') {
    const proof = proofOf(head.fields, 'authorization');
    return { target, origin: head.target, prefix: '', proof, proxied: false };
  }
  const route = proxied(head, places);
  if ('refusal' in route || route.target === target) return route;
  return { ...route, place: hostOf(head.authority), refusal: noTarget(hostOf(head.authority)) };
}

/** Nothing else is there, and no target by its path. */
function placed(head: RequestHead, places: Places): OwnPlace | Stray {
  const path = head.target.replace(/\?.*$/s, '');
  const proof = proofOf(head.fields, 'authorization');
  const isOrigin = !head.absolute && head.method !== 'CONNECT';
  const own = isOrigin ? places.own?.find((one) => one.resource !== undefined && one.has(path)) : undefined;
  if (own !== undefined) return { own, proof, proxied: false };
  return { place: isOrigin ? path : hostOf(head.authority), proof, proxied: false, refusal: NO_SUCH_PLACE };
}

function proxied({ authority, fields, target: origin }: RequestHead, places: Places): Route | Stray {
  const host = hostOf(authority);
  const proof = proofOf(fields, 'proxy-authorization');
  const target = places.byHost(host);
  if (target === undefined) return { place: host, proof, proxied: true, refusal: noTarget(host) };
  return { target, origin, prefix: '', proof, proxied: true };
}

const BY_PATH = /^\/t\/([^/?%]+)(.*)$/s;

function reversed({ authority, fields, target: origin }: RequestHead, places: Places): Route | OwnPlace | Stray {
  const shownAt = (resource?: string): Proof | undefined => proofOf(fields, 'authorization', resource);
  const named = ownHost(hostOf(authority), places.domains);
  if (named !== undefined) {
    return { target: named, origin, prefix: '', proof: shownAt(resourceOf(named)), proxied: false };
  }
  const own = places.own?.find((place) => place.has(origin.replace(/\?.*$/s, '')));
  if (own !== undefined) return { own, proof: shownAt(own.resource), proxied: false };
  const [, name, rest = ''] = BY_PATH.exec(origin) ?? [];
  if (name === undefined) {
    return { place: hostOf(authority), proof: shownAt(), proxied: false, refusal: NAMES_NO_TARGET };
  }
  const within = rest.startsWith('/') ? rest : `/${rest}`;
  const target = name as TargetName;
  return { target, origin: within, prefix: `/t/${name}`, proof: shownAt(resourceOf(target)), proxied: false };
}

/** A target as grants are bound to it, by whichever of its addresses it is reached. */
function resourceOf(target: TargetName): string {
  return `/t/${target}`;
}

/** Where a client learns how to get a token for the place that it was turned away from (RFC 9728, 5.1). */
export function metadataOf({ authority }: RequestHead, route: Route | OwnPlace | Stray, door: Door, places: Places) {
  if (door.kind !== 'port' || route.proxied || 'refusal' in route || places.own === undefined) return undefined;
  const scheme = door.secure ? 'https' : 'http';
  const host = hostOf(authority);
  const byHost = 'target' in route && ownHost(host, places.domains) !== undefined;
  const at = byHost ? authority.slice(authority.indexOf('.') + 1) : authority;
  const path = 'own' in route ? route.own.resource : byHost ? `/h/${route.target}` : resourceOf(route.target);
  return `${scheme}://${at}${METADATA_PATH}${path ?? ''}`;
}

/** RFC 9728, 3. Behind it stands what it is about: `/mcp`, `/t/TARGET`, and `/h/TARGET` of a target by its own host. */
export const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** One label before a name of the port. */
function ownHost(host: string, domains: readonly string[]): TargetName | undefined {
  const dot = host.indexOf('.');
  if (dot <= 0 || !domains.includes(host.slice(dot + 1))) return undefined;
  return host.slice(0, dot) as TargetName;
}

function noTarget(host: string): Refusal {
  return {
    code: 'target-unknown',
    message: `${host} is no host of a target, so nothing is sent there`,
    hint: "An operator can add it to a target's `hosts`.",
  };
}

const NO_SUCH_PLACE: Refusal = {
  code: 'target-unknown',
  message: 'this listener is for /mcp, and for nothing else',
  hint: 'Each target of a run has a listener of its own.',
};

const NAMES_NO_TARGET: Refusal = {
  code: 'target-unknown',
  message: 'the request names no target',
  hint: 'A target is named by its path, /t/TARGET/…, or by its host, TARGET.DOMAIN.',
};
