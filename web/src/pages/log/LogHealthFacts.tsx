import { useMutation, useQueryClient } from '@tanstack/react-query';
import { key } from '../../api/queries.ts';
import type { LogStatus } from '../../api/types.ts';
import { Badge, Dot } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Code, Mono, Visible } from '../../ui/Code.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { Facts, Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Time } from '../../ui/Time.tsx';
import { Alarms } from './Alarms.tsx';
import { verifyOnGateway } from './queries.ts';

/** What the gateway says of its log. */
export function LogHealthFacts({ status }: { readonly status: LogStatus }) {
  const queries = useQueryClient();
  const check = useMutation({
    mutationFn: verifyOnGateway,
    onSuccess: () => queries.invalidateQueries({ queryKey: key.log }),
  });
  return (
    <Section
      title="What the gateway says"
      actions={
        <Button size="sm" busy={check.isPending} onClick={() => check.mutate()}>
          Verify on the gateway
        </Button>
      }
    >
      <Facts
        items={[
          [
            'State',
            <span key="state" className="inline-flex items-center gap-2">
              <Dot tone={status.ok ? 'permit' : 'deny'} />
              {status.ok ? 'Written and signed' : <Visible text={status.fault ?? 'Faulty'} />}
            </span>,
          ],
          ['Log', <Mono key="origin" text={status.origin} />],
          ['Entries', String(status.size)],
          ['Checkpoint', status.checkpointAt === undefined ? 'none yet' : <Time key="at" at={status.checkpointAt} />],
          ['Root', <LongText key="root" text={status.root} label="Copy the root" />],
          ['Key', <LongText key="key" text={status.verifierKey} label="Copy the verifier key" />],
          ['Signed by', <Signing key="signing" status={status} />],
          ['Witnessed', <Witnesses key="witnesses" status={status} />],
          ['Last verified', <LastVerified key="verified" status={status} />],
        ]}
      />
      <Alarms alarms={status.alarms} stopped={status.stopped} />
      {check.error !== null && <Problem error={check.error} />}
      {check.data !== undefined && check.data.findings.length > 0 && (
        <Code label="What the gateway found" text={check.data.findings.join('\n')} />
      )}
      <details>
        <summary className="text-muted">The signed checkpoint</summary>
        <Code label="The signed checkpoint" text={status.checkpoint} className="mt-2" />
      </details>
    </Section>
  );
}

function Signing({ status: { signing } }: { readonly status: LogStatus }) {
  const unsigned = signing.durable - signing.signed;
  if (signing.fault === undefined) return <Visible text={signing.place} />;
  return (
    <span className="text-deny">
      {unsigned} entries are not signed: <Visible text={signing.fault} />
    </span>
  );
}

function Witnesses({ status: { witnessed, witnesses, size } }: { readonly status: LogStatus }) {
  if (witnessed === undefined) return 'by nobody: no witnesses are configured';
  return (
    <span className="flex min-w-0 flex-col">
      <span>
        {witnessed.size} of {size} entries
        {witnessed.at !== undefined && (
          <>
            , <Time at={witnessed.at} />
          </>
        )}
      </span>
      {witnesses.map(({ name, size: seen, fault }) => (
        <span key={name} className={fault === undefined ? 'text-muted' : 'text-deny'}>
          <Visible text={name} />: {fault === undefined ? `${seen ?? 0} entries` : <Visible text={fault} />}
        </span>
      ))}
    </span>
  );
}

const TONES = { PASS: 'permit', FAIL: 'deny', INCOMPLETE: 'hold' } as const;

function LastVerified({ status: { verified } }: { readonly status: LogStatus }) {
  if (verified === undefined) return 'never, by the gateway itself';
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <Badge tone={TONES[verified.verdict]}>{verified.verdict}</Badge>
      <Time at={verified.at} />
      <span className="text-muted">
        by <Visible text={verified.by} />
      </span>
    </span>
  );
}

function LongText({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <span className="min-w-0 truncate">
        <Mono text={text} />
      </span>
      <Copy text={text} label={label} className="-my-1" />
    </span>
  );
}
