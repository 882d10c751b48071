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
        <Witnessed log={log} />
        <Verified log={log} />
        {log.openAlarms > 0 && (
          <AppLink href={paths.log()} className="font-medium text-deny">
            {log.stopped ? 'Stopped by an alarm of a witness: nobody new is let in' : 'A witness raised an alarm'}
          </AppLink>
        )}
      </div>
    </Section>
  );
}

/** What of the log a quorum of witnesses has seen, and what is not even signed. */
function Witnessed({ log: { signing, witnessed, size } }: { readonly log: LogHealth }) {
  const unsigned = signing.durable - signing.signed;
  if (signing.fault !== undefined && unsigned > 0) {
    return (
      <span className="font-medium text-deny">
        {unsigned.toLocaleString('en')} entries are not signed: <Visible text={signing.fault} />
      </span>
    );
  }
  if (witnessed === undefined) return <span className="text-muted">no witnesses</span>;
  const behind = Math.max(0, size - witnessed.size);
  if (behind === 0) return <span className="text-muted">all of it witnessed</span>;
  return (
    <span className={witnessed.at === undefined ? 'font-medium text-deny' : 'text-muted'}>
      {behind.toLocaleString('en')} entries not witnessed
      {witnessed.at !== undefined && (
        <>
          , the others <Time at={witnessed.at} />
        </>
      )}
    </span>
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
