import { LIMITS } from '../model/limits.ts';

/**
 * Where a login leads afterwards: a path of our own pages, `/` for anything else. What a browser could take for another
 * site (`//evil`, `/\evil`, `/%2f/evil`, a scheme) leads nowhere, and so does a way back into the login.
 */
export function returnPath(wanted: string | undefined): string {
  if (wanted === undefined || wanted.length > LIMITS.maxReturnToCharacters) return '/';
  if (!/^\/(?![/\\]|%2f|%5c)[\x21-\x7e]*$/i.test(wanted) || wanted.includes('\\')) return '/';
  const url = URL.parse(wanted, BASE);
  if (url === null || url.origin !== BASE || /^\/(?:\/|login(?:\/|$)|v1\/|oauth\/)/.test(url.pathname)) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}

const BASE = 'https://this.invalid';
