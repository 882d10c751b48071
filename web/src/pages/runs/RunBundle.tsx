import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { ApiProblem } from '../../api/problem.ts';
import type { Run, RunEvidenceState } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { Badge } from '../../ui/Badge.tsx';
import { buttonClass } from '../../ui/Button.tsx';
import { Code, Mono } from '../../ui/Code.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Section } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { bundleUrl, runEvidenceQuery } from './run-queries.ts';

/** The run's evidence as one file that anybody can check: what there is of it, what vouches for it, how it is checked. */
export function RunBundle({ run }: { readonly run: Run }) {
  const query = useQuery(runEvidenceQuery(run.id));
  const elsewhere = query.error instanceof ApiProblem && query.error.status === 404;
  return (
    <Section title="Evidence bundle">
      {elsewhere ? (
        <p className="text-muted">
          Another gateway recorded this run, or an older release did: there is no bundle of it here.
        </p>
      ) : (
        <Loaded query={query} skeleton={<Skeleton lines={4} />}>
          {(evidence) => <Bundle evidence={evidence} />}
        </Loaded>
      )}
    </Section>
  );
}

function Bundle({ evidence }: { readonly evidence: RunEvidenceState }) {
  const { run, why, digest } = evidence;
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap gap-1.5">
        <Marks evidence={evidence} />
      </div>
      {why.length > 0 && (
        <ul className="text-sm text-muted">
          {why.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {digest !== undefined && (
        <p className="flex min-w-0 items-center gap-2 text-sm">
          <span className="shrink-0 text-muted">Manifest</span>
          <Mono text={digest} className="min-w-0 truncate" />
          <Copy text={digest} label="Copy the digest of the manifest" />
        </p>
      )}
      <Downloads evidence={evidence} />
      <p className="max-w-prose text-sm text-muted">
        Checked offline, with keys of the auditor’s own: by a command,{' '}
        <a href="/verify" className="text-accent underline">
          in a browser
        </a>
        , or with other tools, as README.txt in it says.
      </p>
      <Code
        text={`chaperone verify ${run}.evidence.zip --policy trust.policy --statement-key statement.pub.pem`}
        label="How the bundle is verified"
      />
    </div>
  );
}

function Marks({
  evidence: { state, complete, witnessed, timestamps, bodies },
}: {
  readonly evidence: RunEvidenceState;
}) {
  return (
    <>
      <Completeness state={state} complete={complete} />
      <Badge tone={witnessed ? 'permit' : 'neutral'}>{witnessed ? 'Witnessed' : 'Not witnessed'}</Badge>
      {timestamps.length === 0 && <Badge>No timestamp</Badge>}
      {timestamps.map(({ authority, at }) => (
        <Badge key={authority} tone={at === undefined ? 'hold' : 'permit'} title={authority}>
          {at === undefined ? (
            'Timestamp is missing'
          ) : (
            <span>
              Stamped <Time at={at} />
            </span>
          )}
        </Badge>
      ))}
      {bodies === 'erased' && <Badge tone="hold">Bodies were erased</Badge>}
    </>
  );
}

function Completeness({ state, complete }: Pick<RunEvidenceState, 'state' | 'complete'>) {
  if (complete) return <Badge tone="permit">Complete</Badge>;
  return <Badge tone="hold">{state === 'making' ? 'Being made' : 'Incomplete'}</Badge>;
}

function Downloads({ evidence: { run, state, bodies } }: { readonly evidence: RunEvidenceState }) {
  const mayReadBodies = useCan('recordings:read') && bodies === 'kept';
  const what = state === 'made' ? 'Download' : 'Download as it is now';
  return (
    <p className="flex flex-wrap gap-2">
      <a href={bundleUrl(run)} download className={buttonClass('primary')}>
        <Download />
        {mayReadBodies ? what : `${what}, without bodies`}
      </a>
      {mayReadBodies && (
        <a href={bundleUrl(run, true)} download className={buttonClass()}>
          Without bodies
        </a>
      )}
    </p>
  );
}
