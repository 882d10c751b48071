import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback } from '../gateway-file.ts';
import type { Address, StartConfig } from './start-config.ts';

/** A demo's API is plain HTTP, which loopback alone can reach; everything else is TLS. */
export function speaksTls(config: StartConfig): boolean {
  return config.kind !== 'demo';
}

/** Where this machine reaches the API. */
export function apiUrl(config: StartConfig, port: number): string {
  const { host } = config.api;
  const local = isLoopback(host) ? host : 'localhost';
  return `${speaksTls(config) ? 'https' : 'http'}://${local.includes(':') ? `[${local}]` : local}:${port}`;
}

/** Behind a public URL clients come by its name; on loopback by this machine's own. */
export function publicAddress({ publicUrl }: StartConfig, local: Address): Address {
  return publicUrl === undefined ? local : { host: hostOf(publicUrl), port: local.port };
}

/** Names of the HTTP port; a target's own host is a label before one of them. */
export function httpDomains({ publicUrl, publicHttp }: StartConfig): readonly string[] {
  const names = ['localhost', publicHttp?.host, publicUrl === undefined ? undefined : new URL(publicUrl).hostname];
  return [...new Set(names.flatMap((name) => (name === undefined ? [] : [name.toLowerCase()])))];
}

/** Names that clients may use for this gateway; its own certificate is for all of them. */
export function serverNames({ publicUrl, publicPostgres, publicHttp, kind }: StartConfig): readonly string[] {
  const names = ['localhost', '127.0.0.1', '::1', ...(kind === 'demo' ? [] : [hostname()])];
  if (publicUrl !== undefined) names.push(hostOf(publicUrl));
  if (publicPostgres !== undefined) names.push(publicPostgres.host);
  if (publicHttp !== undefined) names.push(publicHttp.host, ...(isIP(publicHttp.host) ? [] : [`*.${publicHttp.host}`]));
  return [...new Set(names)];
}

/** As a socket takes it: an IPv6 address without the brackets that a URL has around it. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}
