import { type Principal, WORKLOAD_FIELDS } from '../model/principal.ts';

/** The fields of a workload that policies may name, as `run.<field>`. */
export const NAMED_FIELDS = ['issuer', 'issuerKind', ...WORKLOAD_FIELDS] as const;

/** Fields whose values may be patterns; in all others a star would be a way to trust more than was meant. */
export const PATTERN_FIELDS: ReadonlySet<string> = new Set(['run.sourceRef', 'run.environment']);

export const PRINCIPAL_FIELDS: readonly string[] = [
  'principal.id',
  'principal.kind',
  'principal.display',
  'grant.rule',
  'run.kind',
  'run.demo',
  ...NAMED_FIELDS.map((field) => `run.${field}`),
];

export function isPrincipalField(path: string): boolean {
  return PRINCIPAL_FIELDS.includes(path) || /^run\.extra\.[A-Za-z0-9_.:/-]+$/.test(path);
}

/** The value at a path; undefined where the principal has none, and then no pattern matches it. */
export function principalField(principal: Principal, path: string): string | undefined {
  const { run, grant } = principal;
  if (path === 'principal.id') return principal.id;
  if (path === 'principal.kind') return principal.kind;
  if (path === 'principal.display') return principal.display;
  if (path === 'grant.rule') return grant.rule;
  if (path === 'run.kind') return run.kind;
  if (path === 'run.demo') return String(run.demo);
  if (path.startsWith('run.extra.')) {
    const name = path.slice('run.extra.'.length);
    const extra = run.workload.extra ?? {};
    return Object.hasOwn(extra, name) ? extra[name] : undefined;
  }
  const field = NAMED_FIELDS.find((one) => `run.${one}` === path);
  return field === undefined ? undefined : run.workload[field];
}
