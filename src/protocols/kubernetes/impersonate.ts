import type { ImpersonatedAs } from '../../model/kubernetes.ts';
import type { Principal } from '../../model/principal.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Fields } from '../http/message.ts';

/**
 * The fields by which the gateway speaks for a run (Kubernetes, "User impersonation"). A refusal where the run has nothing of
 * what the target says, or what no header can hold.
 */
export function impersonationOf({ user, groups, extra = {} }: ImpersonatedAs, principal: Principal): Fields | Refusal {
  const fields: (readonly [string, string])[] = [];
  const said = [
    ['impersonate-user', user],
    ...groups.map((group) => ['impersonate-group', group] as const),
    ...Object.entries(extra).map(([key, value]) => [
      `impersonate-extra-${encodeURIComponent(key).toLowerCase()}`,
      value,
    ]),
  ] as const;
  for (const [name = '', template = ''] of said) {
    const value = filled(template, principal);
    if (value === undefined) return unsaid(template);
    fields.push([name, value]);
  }
  return fields;
}

/** Undefined where something that it stands for is not known of the run, or is no text for a header. */
function filled(template: string, principal: Principal): string | undefined {
  let isKnown = true;
  const text = template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = OF_RUNS[name]?.(principal);
    isKnown &&= value !== undefined && /^[\x21-\x7e]{1,512}$/.test(value);
    return value ?? '';
  });
  return isKnown ? text : undefined;
}

const OF_RUNS: Readonly<Record<string, (principal: Principal) => string | undefined>> = {
  run: ({ run }) => run.id,
  repository: ({ run }) => run.workload.sourceRepositoryUri?.replace(/^[a-z+]+:\/\/[^/]*\//, ''),
  subject: ({ run }) => run.workload.tokenSubject,
};

function unsaid(template: string): Refusal {
  return {
    code: 'protocol-unsupported',
    message: `the cluster is to be told ${template} of the run, which has nothing of that kind`,
    hint: 'An operator says in the target what its cluster is told (`kubernetes.impersonate`).',
  };
}
