import type { Refusal } from '../../model/refusal.ts';
import type { HttpExchangeParts } from '../http/exchange.ts';
import type { HttpSession } from '../http/lanes.ts';
import type { HttpLayer, LayeredExchange } from '../http/layer.ts';
import type { Fields } from '../http/message.ts';
import { checkCluster } from './check.ts';
import { clusterCredentials } from './credentials/cluster-credentials.ts';
import { dialCluster } from './dial.ts';
import { checkSeen, effectOf, keepSent } from './effect.ts';
import { KubernetesExchange } from './exchange.ts';
import { impersonationOf } from './impersonate.ts';
import { askedOf, KUBERNETES_INSPECTOR } from './inspect.ts';
import { objectMaskOf } from './object-mask.ts';
import { isSecretResource } from './secret-writes.ts';
import { withStream } from './streams/open-stream.ts';

/** The API of a Kubernetes cluster over HTTP; docs/design/0010-kubernetes.md. */
export function createKubernetes({ nowMs = Date.now }: { readonly nowMs?: () => number } = {}): HttpLayer {
  return {
    name: 'kubernetes',
    estimate: effectOf,
    inspector: KUBERNETES_INSPECTOR,
    dial: ({ target, credential }, signal) => dialCluster(target, credential, signal),
    credentials: clusterCredentials,
    check: checkCluster,
    exchange: (http, session) => exchangeOf(http, session, { nowMs }),
  };
}

async function exchangeOf(
  sent: HttpExchangeParts,
  session: HttpSession,
  { nowMs }: { readonly nowMs: () => number },
): Promise<LayeredExchange> {
  const { target } = session;
  const asked = askedOf(sent.asked.request.operations);
  const http = await withStream(impersonated(legible(sent, asked?.shown), session), session, nowMs);
  const resource = asked?.info.resource;
  const { head, read, request } = http.asked;
  keepSent(request, { head, body: read?.bytes });
  return new KubernetesExchange({
    http: { ...http, ...(asked === undefined ? {} : { bodyMask: objectMaskOf(asked.info, target) }) },
    asked,
    isSecret: resource !== undefined && isSecretResource(resource, target),
    checkApproved: (seen, upstream, signal) => checkSeen(seen, request, upstream, signal),
  });
}

/** With what people need to read of a body that is no text. */
function legible(http: HttpExchangeParts, object: string | undefined): HttpExchangeParts {
  if (object === undefined) return http;
  const { asked } = http;
  return { ...http, asked: { ...asked, request: asked.request.with({ context: { object } }) } };
}

/** The request as it is decided and forwarded, with whom the gateway speaks for in it. */
function impersonated(http: HttpExchangeParts, { target, principal }: HttpSession): HttpExchangeParts {
  const { request } = http.asked;
  const as = target.kubernetes?.impersonate;
  if (as === undefined || request.unsupported !== undefined) return http;
  const fields = impersonationOf(as, principal);
  return 'code' in fields ? changed(http, [], fields) : changed(http, fields, undefined);
}

function changed(http: HttpExchangeParts, added: Fields, unsupported: Refusal | undefined): HttpExchangeParts {
  const { asked } = http;
  const head = { ...asked.head, fields: [...asked.head.fields, ...added] };
  return { ...http, asked: { ...asked, head, request: asked.request.with({ head, unsupported }) } };
}
