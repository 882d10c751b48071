import type { ConfigurationPlan } from '../../api/types.ts';
import { Badge, type Tone } from '../../ui/Badge.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';

const TONES: Readonly<Record<ConfigurationPlan['changes'][number]['action'], Tone>> = {
  create: 'permit',
  update: 'accent',
  delete: 'deny',
};

/** What a change would do, in the gateway's words. */
export function PlanList({ plan }: { readonly plan: ConfigurationPlan }) {
  if (plan.changes.length === 0) return <p className="text-muted">Nothing would change.</p>;
  return (
    <ul aria-label="What would change" className="divide-y divide-line border-y border-line">
      {plan.changes.map(({ action, kind, name, details }) => (
        <li key={`${kind} ${name}`} className="grid gap-1 py-2">
          <div className="flex flex-wrap items-center gap-2">
            <Badge tone={TONES[action]}>{action}</Badge>
            <span className="text-muted">{kind}</span>
            <Mono text={name} />
          </div>
          {details.length > 0 && (
            <ul className="list-disc pl-5 text-sm text-muted">
              {details.map((detail) => (
                <li key={detail}>
                  <Visible text={detail} />
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}
