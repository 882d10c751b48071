import type { Credential, Target } from '../../model/target.ts';
import { dialHttp } from '../http/dial-http.ts';
import type { ClientConnection } from '../http/message.ts';
import { serviceAccountAuthority } from './credentials/service-account.ts';

/**
 * Opens a connection to an API server. The authority of a service account is its cluster's, where the target names none; it
 * is read anew, since it changes as well. Throws a `Fault`.
 */
export async function dialCluster(
  target: Target,
  { clientCertificate, kubernetes }: Credential,
  signal: AbortSignal,
): Promise<ClientConnection> {
  const { tls } = target;
  const isOwn = kubernetes?.kind === 'serviceAccount' && tls.mode !== 'disable' && tls.ca === undefined;
  if (!isOwn) return dialHttp(target, clientCertificate, signal);
  const ca = await serviceAccountAuthority(kubernetes.directory);
  return dialHttp({ ...target, tls: { ...tls, ca } }, clientCertificate, signal);
}
