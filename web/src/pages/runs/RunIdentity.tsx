import { BadgeCheck, MessageCircleQuestion } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { Run } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Section } from '../../ui/Page.tsx';
import { claimName } from './run-words.ts';

type Claim = Run['asserted'][number] & Partial<Run['workload'][number]>;

/** What most people ask first, in this order; the rest is a press away. */
const FIRST = [
  'sourceRepositoryUri',
  'workloadName',
  'sourceRef',
  'sourceDigest',
  'buildConfigUri',
  'trigger',
  'actor',
  'environment',
  'runnerEnvironment',
  'tokenSubject',
];

/** Who it was, in kinds that must not be taken for one another: what the CI system signed, what follows, what was only said. */
export function RunIdentity({ run }: { readonly run: Run }) {
  return (
    <Section title="Who it was">
      <div className="grid gap-x-10 gap-y-5 md:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Verified claims={run.workload} demo={run.demo} />
        <Asserted claims={run.asserted} />
      </div>
    </Section>
  );
}

function Verified({ claims, demo }: { readonly claims: readonly Claim[]; readonly demo: boolean }) {
  const [all, setAll] = useState(false);
  const first = FIRST.flatMap((name) => claims.find((claim) => claim.name === name) ?? []);
  // An issuer of a kind of its own may use none of the usual names.
  const shown = all || first.length === 0 ? claims : first;
  const isNamed = claims.find(({ name }) => name === 'runBinding')?.value !== 'asserted';
  return (
    <div className="grid content-start gap-2 border-l-2 border-permit pl-4">
      <p className="flex items-center gap-1.5 text-sm font-medium text-permit">
        <BadgeCheck className="size-4 shrink-0" aria-hidden="true" />
        {demo ? 'Signed by the demo’s own issuer' : 'Verified: signed by the CI system'}
      </p>
      {!isNamed && (
        <p className="text-sm text-hold">
          Its token names an account or a machine, and no run: that it is this run was only said.
        </p>
      )}
      <Claims claims={shown} />
      {claims.length > shown.length || all ? (
        <div>
          <Button size="sm" variant="quiet" aria-expanded={all} onClick={() => setAll(!all)} className="-ml-2">
            {all ? 'Show the usual ones' : `Show all ${claims.length} claims`}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function Asserted({ claims }: { readonly claims: readonly Claim[] }) {
  return (
    <div className="grid content-start gap-2 border-l-2 border-dashed border-line-strong pl-4">
      <p className="flex items-center gap-1.5 text-sm font-medium text-muted">
        <MessageCircleQuestion className="size-4 shrink-0" aria-hidden="true" />
        Only said by the client, checked by nobody
      </p>
      {claims.length === 0 ? (
        <p className="text-sm text-muted">It said nothing of itself: which agent it is, is not known.</p>
      ) : (
        <Claims claims={claims} />
      )}
    </div>
  );
}

function Claims({ claims }: { readonly claims: readonly Claim[] }) {
  return (
    <dl className="grid grid-cols-[minmax(5rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1">
      {claims.map(({ name, value, class: kind }) => (
        <div key={name} className="contents">
          <dt className="text-muted" title={name}>
            {claimName(name)}
          </dt>
          <dd className="min-w-0 break-words">
            <ClaimValue name={name} value={value} />
            {kind === 'derived' && <span className="text-muted"> (computed from it)</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const AS_CODE = new Set(['sourceDigest', 'buildConfigDigest', 'buildSignerDigest', 'tokenSubject', 'sourceRef']);

function ClaimValue({ name, value }: Claim): ReactNode {
  return AS_CODE.has(name) ? <Mono text={value} /> : <Visible text={value} />;
}
