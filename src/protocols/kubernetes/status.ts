import type { RequestInfo } from '../../model/kubernetes-request.ts';
import type { Refusal, RefusalCode } from '../../model/refusal.ts';
import { type Told, toldRefusal } from '../http/refusal.ts';
import type { WaitingNotice } from '../protocol.ts';

/** `StatusReason` of apimachinery for the statuses that refusals have; clients branch on both. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Who asks was settled before: within a session nobody need log in again. */
const OWN_STATUSES: Partial<Record<RefusalCode, number>> = {
  'claim-invalid': 403,
  'protocol-unsupported': 405,
  'approval-void': 409,
};

export interface Telling {
  /** In place of the code's own. */
  readonly status?: number | undefined;
  readonly waiting?: WaitingNotice | undefined;
  readonly info: RequestInfo | undefined;
}

/** A refusal as a `Status` (Kubernetes, "API Concepts"; metav1.Status), which clients print and branch on. */
export function toldStatus(refusal: Refusal, telling: Telling): Told {
  const { head } = toldRefusal(refusal, { status: telling.status ?? OWN_STATUSES[refusal.code] });
  const fields = head.fields.map(([name, value]) =>
    name === 'content-type' ? ([name, 'application/json'] as const) : ([name, value] as const),
  );
  return {
    head: { ...head, fields },
    body: Buffer.from(`${JSON.stringify(statusOf(refusal, head.status, telling))}\n`),
  };
}

/** The same as the last event of a watch that has begun. */
export function toldEvent(refusal: Refusal, telling: Telling): Buffer {
  const { head } = toldRefusal(refusal, { status: telling.status ?? OWN_STATUSES[refusal.code] });
  const event = { type: 'ERROR', object: statusOf(refusal, head.status, telling) };
  return Buffer.from(`${JSON.stringify(event)}\n`);
}

function statusOf(refusal: Refusal, code: number, { waiting, info }: Telling): object {
  const { group = '', resource, name } = info?.resource ?? {};
  const causes = [
    { reason: refusal.code, message: refusal.message },
    ...(refusal.rule === undefined ? [] : [{ reason: 'chaperone-rule', message: refusal.rule }]),
    ...(waiting === undefined
      ? []
      : [
          { reason: 'chaperone-approval', message: waiting.approval },
          { reason: 'chaperone-approval-url', message: waiting.url },
        ]),
  ];
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: wordsOf(refusal, waiting),
    reason: REASONS[code] ?? 'Forbidden',
    details: {
      ...(name === undefined ? {} : { name }),
      ...(group === '' ? {} : { group }),
      ...(resource === undefined ? {} : { kind: resource }),
      causes,
    },
    code,
  };
}

/** For people and agents, on one line: why, by which rule, and what to do. */
function wordsOf({ code, message, rule, hint }: Refusal, waiting: WaitingNotice | undefined): string {
  const by = rule === undefined ? code : `${code}, by the rule "${rule}"`;
  const asked = waiting === undefined ? '' : ` The approval is ${waiting.approval}, at ${waiting.url}.`;
  return `refused by Chaperone: ${message} (${by}).${asked}${hint === undefined ? '' : ` ${hint}`}`;
}

/** API servers cut theirs as well. Characters. */
const MOST_WARNING = 256;

/** A warning for whoever sits before a client (RFC 7234, 5.5), as the API server gives them: kubectl prints it. */
export function warningOf(text: string): readonly [string, string] {
  const quoted = text.replaceAll(/[\\"]/g, '\\$&').replaceAll(/[^\x20-\x7e]/g, '?');
  return ['warning', `299 - "${quoted.slice(0, MOST_WARNING)}"`];
}
