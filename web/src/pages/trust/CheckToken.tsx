import { useMutation } from '@tanstack/react-query';
import { Check, Minus, X } from 'lucide-react';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import type { TrustCheck, TrustStep } from '../../api/types.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Field, TextArea } from '../../ui/Field.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';

/** Why a job was refused, or which rule lets it in. The token leaves this page's memory with the request. */
export function CheckToken() {
  const [token, setToken] = useState('');
  const check = useMutation({
    mutationFn: async (pasted: string) =>
      (await call<TrustCheck>('POST', '/v1/trust/check', { body: { token: pasted } })).data,
    // What a mutation was given is not kept beside its result.
    gcTime: 0,
  });
  return (
    <Section title="Would this job be let in?">
      <form
        className="grid max-w-3xl justify-items-start gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const pasted = token.trim();
          if (pasted === '') return;
          setToken('');
          check.mutate(pasted);
        }}
      >
        <div className="w-full">
          <Field
            label="A CI token"
            hint="It is verified and held against every rule; it is not used up, kept or logged, and this field is cleared at once."
          >
            {(control) => (
              <TextArea
                {...control}
                value={token}
                rows={3}
                autoComplete="off"
                spellCheck={false}
                placeholder="eyJ…"
                className="font-mono break-all"
                onChange={(event) => setToken(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Button type="submit" busy={check.isPending} disabled={token.trim() === ''}>
          Check
        </Button>
      </form>
      {check.error !== null && <Problem error={check.error} />}
      {check.data !== undefined && <Result check={check.data} />}
    </Section>
  );
}

function Result({ check: { ok, issuer, steps, claims, rules, targets, problem } }: { readonly check: TrustCheck }) {
  return (
    <div className="grid gap-4">
      <p role="status" className={ok ? 'text-permit' : 'text-deny'}>
        {ok ? (
          'This job is let in.'
        ) : (
          <>This job is not let in. {problem !== undefined && <Visible text={problem} />}</>
        )}
        {issuer !== undefined && (
          <span className="text-muted">
            {' '}
            Issuer: <Visible text={issuer} />.
          </span>
        )}
        {targets.length > 0 && (
          <span className="text-muted">
            {' '}
            Into: <Visible text={targets.join(', ')} />.
          </span>
        )}
      </p>
      <Steps steps={steps} />
      {rules.length > 0 && (
        <ul aria-label="Rules" className="divide-y divide-line border-y border-line">
          {rules.map(({ name, matches, why, note = why }) => (
            <li key={name} className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 py-1.5">
              {matches ? (
                <Check role="img" aria-label="Matches" className="mt-0.5 size-4 text-permit" />
              ) : (
                <X role="img" aria-label="Does not match" className="mt-0.5 size-4 text-deny" />
              )}
              <span>
                <Visible text={name} />
                {note !== undefined && (
                  <span className="text-muted">
                    : <Visible text={note} />
                  </span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      {claims.length > 0 && (
        <dl aria-label="Claims" className="grid gap-x-4 gap-y-1 sm:grid-cols-[auto_minmax(0,1fr)]">
          {claims.map(({ name, value, class: kind }) => (
            <div key={name} className="contents">
              <dt className="flex items-center gap-2">
                <Mono text={name} />
                <Badge>{kind}</Badge>
              </dt>
              <dd className="min-w-0 break-all">
                <Mono text={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

const STEP_WORDS: Readonly<Record<TrustStep, string>> = {
  form: 'Form',
  issuer: 'Issuer',
  keys: 'Keys',
  signature: 'Signature',
  audience: 'Audience',
  times: 'Times',
  claims: 'Claims',
  review: 'The cluster',
  traps: 'Traps',
  rules: 'Rules',
  use: 'Use',
};

/** What an exchange does, in its order: what failed is the reason, and what comes after it was not tried. */
function Steps({ steps }: Pick<TrustCheck, 'steps'>) {
  return (
    <ol aria-label="Steps" className="divide-y divide-line border-y border-line">
      {steps.map(({ name, outcome, detail }) => (
        <li key={name} className="grid grid-cols-[1.25rem_6rem_minmax(0,1fr)] gap-x-2 py-1">
          <Outcome outcome={outcome} />
          <span>{STEP_WORDS[name]}</span>
          <span className="min-w-0 break-words text-muted">
            {outcome === 'skipped' ? 'not tried' : <Visible text={detail} />}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Outcome({ outcome }: Pick<TrustCheck['steps'][number], 'outcome'>) {
  switch (outcome) {
    case 'passed':
      return <Check role="img" aria-label="Passed" className="mt-0.5 size-4 text-permit" />;
    case 'failed':
      return <X role="img" aria-label="Failed" className="mt-0.5 size-4 text-deny" />;
    case 'skipped':
      return <Minus role="img" aria-label="Not tried" className="mt-0.5 size-4 text-muted" />;
    default:
      return outcome satisfies never;
  }
}
