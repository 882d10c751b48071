/** Objects of OCSF 1.9 that several classes have, each with what it needs at least. */
import type { Subject, ToldEvent, Verdict } from '../told-event.ts';

const USER_TYPES = {
  workload: [4, 'Service'],
  human: [1, 'User'],
  operator: [2, 'Admin'],
  gateway: [3, 'System'],
} as const;

export function user({ id, kind, name }: Subject): object {
  const [typeId, type] = USER_TYPES[kind];
  return { uid: id, type_id: typeId, type, ...(name !== undefined && { name }) };
}

export function actor({ subject, session, run }: ToldEvent): object {
  const { issuer } = subject;
  return {
    user: user(subject),
    ...(session !== undefined && { session: { uid: session, ...(issuer !== undefined && { issuer }) } }),
    ...(run !== undefined && { app_uid: run }),
    ...(issuer !== undefined && { idp: { name: issuer, issuer } }),
  };
}

export function source({ source: { id, address, port } }: ToldEvent): object {
  return { uid: id, ...(address !== undefined && { ip: address }), ...(port !== undefined && { port }) };
}

export function target({ target: entered }: ToldEvent): object {
  const { name = 'unknown', protocol = '' } = entered ?? {};
  return { name, ...(protocol !== '' && { svc_name: protocol }) };
}

/** The agent that the run's job is: by its principal, and by the run as its instance. */
export function aiAgent({ subject, run, agent, family }: ToldEvent): object | undefined {
  if (subject.kind !== 'workload' || run === undefined || family === 'entity' || family === 'api') return undefined;
  return {
    uid: subject.id,
    instance_uid: run,
    type_id: 0,
    type: 'Unknown',
    ...(agent !== undefined && { name: agent }),
  };
}

/**
 * Profile record_integrity: what the log commits to. The digest is that of RFC 6962's leaf, SHA-256(0x00 ‖ line), which
 * the schema has no number for.
 */
export function attestations({ leaf, prev, origin, session, id }: ToldEvent): readonly object[] {
  const fingerprint = (value: string) => ({
    algorithm_id: 99,
    algorithm: 'SHA-256 (RFC 6962 leaf)',
    encoding_id: 1,
    encoding: 'Hex',
    serialization_id: 2,
    serialization: 'JCS',
    value,
  });
  const [of, number] = id.split('/');
  return [
    {
      uid: leaf,
      authority_uid: origin,
      chain_uid: session ?? origin,
      fingerprint: fingerprint(leaf),
      ...(prev !== undefined && {
        prev_event: { uid: `${origin}/${of}/${Number(number) - 1}`, fingerprint: fingerprint(prev) },
      }),
    },
  ];
}

export function authorizations({ action, rules, policy: set }: Verdict): readonly object[] {
  const decision = action === 'denied' ? 'deny' : 'permit';
  return rules.map((name) => ({
    decision,
    policy: { name, ...(set !== undefined && { uid: set }), is_applied: true },
  }));
}

export function policy({ rules, policy: set }: Verdict): { readonly policy?: object } {
  if (set === undefined) return {};
  return {
    policy: { uid: set, type: 'policy set', is_applied: true, ...(rules[0] !== undefined && { name: rules[0] }) },
  };
}
