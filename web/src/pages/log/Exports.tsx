import { useQuery } from '@tanstack/react-query';
import type { ExportStatus } from '../../api/types.ts';
import { Badge, Dot, type Tone } from '../../ui/Badge.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Facts, Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Time } from '../../ui/Time.tsx';
import { exportsQuery } from './queries.ts';

const STATES: Readonly<Record<ExportStatus['state'], readonly [tone: Tone, words: string]>> = {
  ok: ['permit', 'Delivers'],
  failing: ['deny', 'Fails'],
  off: ['neutral', 'Off'],
};
const KINDS: Readonly<Record<ExportStatus['kind'], string>> = {
  file: 'File',
  stdout: 'Standard output',
  webhook: 'Webhook',
  syslog: 'Syslog',
  s3: 'S3',
};

/** Where the record goes besides the log, and how far each export has come; nothing where there is none. */
export function Exports() {
  const { data, error } = useQuery(exportsQuery);
  if (error !== null) {
    return (
      <Section title="Exports">
        <Problem error={error} />
      </Section>
    );
  }
  if (data === undefined || data.exports.length === 0) return undefined;
  return (
    <Section title="Exports">
      <ul className="divide-y divide-line" aria-label="Exports">
        {data.exports.map((one) => (
          <ExportItem key={one.name} status={one} />
        ))}
      </ul>
    </Section>
  );
}

function ExportItem({ status }: { readonly status: ExportStatus }) {
  const { name, kind, format, state, people, statements } = status;
  const [tone, words] = STATES[state];
  return (
    <li className="grid gap-x-6 gap-y-2 py-3 md:grid-cols-[minmax(0,16rem)_minmax(0,1fr)]">
      <div className="grid content-start gap-1">
        <h3 className="font-semibold">
          <Visible text={name} />
        </h3>
        <span className="inline-flex flex-wrap items-center gap-2 text-muted">
          <Dot tone={tone} />
          {words}
          <Badge>{KINDS[kind]}</Badge>
          <Badge>{format.toUpperCase()}</Badge>
          {people && <Badge>people</Badge>}
          {statements && <Badge>statements</Badge>}
        </span>
      </div>
      {state !== 'off' && <Fares status={status} />}
    </li>
  );
}

function Fares({ status }: { readonly status: ExportStatus }) {
  const { delivered, behind, behindMs, aside, lastDeliveredAt, lastFault, nextTryAt } = status;
  return (
    <Facts
      items={[
        ['Delivered', delivered === 0 ? 'nothing yet' : `${delivered} events`],
        ['Last', lastDeliveredAt === undefined ? undefined : <Time key="at" at={lastDeliveredAt} />],
        ['Behind', behind === 0 ? undefined : `${behind} entries of the log, ${duration(behindMs)}`],
        [
          'Put aside',
          aside === 0 ? undefined : (
            <span key="aside" className="text-deny">
              {aside}
            </span>
          ),
        ],
        ['Last fault', lastFault === undefined ? undefined : <Visible key="fault" text={lastFault} />],
        ['Tried again', nextTryAt === undefined ? undefined : <Time key="next" at={nextTryAt} />],
      ]}
    />
  );
}

function duration(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}
