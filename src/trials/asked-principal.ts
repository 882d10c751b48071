import type { GrantId, PrincipalId, RunId } from '../model/ids.ts';
import type { IssuerKind, Principal, Run } from '../model/principal.ts';
import { isPrincipalField } from '../policy/principal-fields.ts';

/** Fields of the principal and their values, as a rule names them: `run.sourceRef` to `refs/heads/main`. */
export type PrincipalFields = Readonly<Record<string, string>>;

/** A principal that is only asked about. Throws a `RangeError` that names a field which there is not. */
export function askedPrincipal(fields: PrincipalFields, nowMs = 0): Principal {
  const workload: Record<string, string> = {};
  const extra: Record<string, string> = {};
  const own: Record<string, string> = {};
  for (const [path, value] of Object.entries(fields)) {
    if (!isPrincipalField(path)) throw new RangeError(`there is no field ${path}`);
    if (path.startsWith('run.extra.')) extra[path.slice('run.extra.'.length)] = value;
    else if (OWN.has(path)) own[path] = value;
    else workload[path.slice('run.'.length)] = value;
  }
  const { issuer = '', tokenSubject = '', issuerKind = 'github', ...others } = workload;
  const isHuman = own['run.kind'] === 'human' || own['principal.kind'] === 'human';
  const at = new Date(nowMs).toISOString();
  const run: Run = {
    id: 'run_asked' as RunId,
    kind: isHuman ? 'human' : 'ci',
    workload: { issuer, tokenSubject, issuerKind: issuerKind as IssuerKind, ...others, extra },
    demo: own['run.demo'] === 'true',
    asserted: {},
    openedAt: at,
  };
  return {
    id: (own['principal.id'] ?? 'wrk_asked') as PrincipalId,
    kind: isHuman ? 'human' : 'workload',
    display: own['principal.display'] ?? 'asked',
    run,
    grant: {
      id: 'grt_asked' as GrantId,
      run: run.id,
      targets: [],
      rule: own['grant.rule'] ?? '',
      issuedAt: at,
      expiresAt: at,
    },
  };
}

const OWN: ReadonlySet<string> = new Set([
  'principal.id',
  'principal.kind',
  'principal.display',
  'grant.rule',
  'run.kind',
  'run.demo',
]);
