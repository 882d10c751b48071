import type { LogHealth } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Dot } from '../../ui/Badge.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Section } from '../../ui/Page.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';

/** Whether the record can be written, when it was last signed, and when somebody last checked it. */
export function LogHealthLine({ log }: { readonly log: LogHealth }) {
  return (
    <Section
      title="Audit log"
      actions={
        <AppLink href={paths.log()} className="text-sm text-accent">
          Verify
        </AppLink>
      }
    >
      <div className="flex flex-wrap items-center gap-x-6 gap-y-1">
        <span className="flex items-center gap-2">
          <Dot tone={log.ok ? 'permit' : 'deny'} />
          {log.ok ? 'Is being written' : <Visible text={log.fault ?? 'Cannot be written: requests are refused'} />}
        </span>
        <span className="text-muted">{log.size.toLocaleString('en')} entries</span>
        {log.checkpointAt !== undefined && (
          <span className="text-muted">
            last signed <Time at={log.checkpointAt} />
          </span>
        )}
        <Verified log={log} />
      </div>
    </Section>
  );
}

function Verified({ log: { verified } }: { readonly log: LogHealth }) {
  if (verified === undefined) return <span className="text-muted">nobody has verified it on this gateway yet</span>;
  const by = (
    <>
      <Time at={verified.at} /> by <Visible text={verified.by} />
    </>
  );
  if (verified.verdict === 'PASS') return <span className="text-muted">verified {by}</span>;
  return (
    <span className="font-medium text-deny">
      {verified.verdict === 'FAIL' ? 'did not verify' : 'could not be verified wholly'} {by}
    </span>
  );
}
