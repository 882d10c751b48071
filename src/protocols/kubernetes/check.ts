import { Fault } from '../../model/fault.ts';
import { authorityOf } from '../http/forwarded-head.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import { askCluster } from './ask-cluster.ts';

/**
 * Asks a cluster what everybody may who has proved who he is, and nobody else: which versions its API has. Throws a `Fault`
 * of code `upstream-login` where the gateway's credential is not taken, `upstream-protocol` where it is no API server.
 */
export async function checkCluster(upstream: HttpUpstream, signal: AbortSignal): Promise<void> {
  const { target } = upstream;
  const head = {
    method: 'GET',
    scheme: target.tls.mode === 'disable' ? 'http' : 'https',
    authority: authorityOf(target),
    target: `${target.http?.basePath ?? ''}/api`,
    fields: [],
  } as const;
  const connection = await upstream.ready(signal);
  const { status, value } = await askCluster(
    connection,
    upstream,
    head,
    { method: 'GET', target: head.target },
    signal,
  );
  if (status === 401 || status === 403) {
    const who = status === 401 ? 'does not take the credential' : 'lets the credential discover nothing';
    throw new Fault('upstream-login', `the cluster ${who} (${status})`);
  }
  if (status !== 200 || typeof value !== 'object' || value === null || !('versions' in value)) {
    throw new Fault('upstream-protocol', `it does not answer as an API server does (${status})`);
  }
}
