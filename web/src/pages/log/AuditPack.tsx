import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { download } from '../../api/client.ts';
import { meQuery } from '../../api/queries.ts';
import { announce } from '../../ui/Announcer.tsx';
import { Button } from '../../ui/Button.tsx';
import { Checkbox, Field, Input } from '../../ui/Field.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';

const DAY_MS = 24 * 60 * 60_000;
const MOST_SAMPLES = 100;

/** The auditor's pack of a span, made and downloaded; for those who may read recordings. */
export function AuditPack() {
  const scopes = useQuery(meQuery).data?.scopes ?? [];
  const [from, setFrom] = useState(() => new Date(Date.now() - 90 * DAY_MS).toISOString().slice(0, 10));
  const [to, setTo] = useState(() => new Date().toISOString().slice(0, 10));
  const [control, setControl] = useState('PCI-10.2');
  const [sample, setSample] = useState('5');
  const [withheld, setWithheld] = useState(false);
  const pack = useMutation({
    mutationFn: () => {
      const bodies = withheld ? 'withheld' : 'included';
      return download('/v1/audit-packs', { from, to, control, sample: Number(sample), bodies });
    },
    onSuccess: () => announce('The pack was downloaded'),
  });
  if (!scopes.includes('recordings:read')) return undefined;
  const isFilled = from !== '' && to !== '' && control.trim() !== '' && sample !== '';
  return (
    <Section title="A pack for an auditor">
      <div className="grid max-w-3xl gap-4">
        <p className="max-w-prose text-muted">
          Every run of a span with the proof that none is missing, and a sample that anybody can draw again. The gateway
          verifies all of its log first; that it was made stands in the log.
        </p>
        <div className="grid items-start gap-4 sm:grid-cols-4">
          <Field label="First day (UTC)">
            {(field) => <Input {...field} type="date" value={from} onChange={(event) => setFrom(event.target.value)} />}
          </Field>
          <Field label="Last day (UTC)">
            {(field) => <Input {...field} type="date" value={to} onChange={(event) => setTo(event.target.value)} />}
          </Field>
          <Field label="Control" hint="Such as SOC2-CC8.1 or NIST-AU-9.">
            {(field) => (
              <Input {...field} value={control} maxLength={40} onChange={(event) => setControl(event.target.value)} />
            )}
          </Field>
          <Field label="Runs to draw">
            {(field) => (
              <Input
                {...field}
                type="number"
                min={0}
                max={MOST_SAMPLES}
                value={sample}
                onChange={(event) => setSample(event.target.value)}
              />
            )}
          </Field>
        </div>
        <div className="flex flex-wrap items-center gap-4">
          <Button busy={pack.isPending} disabled={!isFilled} onClick={() => pack.mutate()}>
            Make and download
          </Button>
          <Checkbox checked={withheld} onChange={(event) => setWithheld(event.target.checked)}>
            Without what was sent and answered
          </Checkbox>
        </div>
        {pack.error !== null && <Problem error={pack.error} />}
      </div>
    </Section>
  );
}
