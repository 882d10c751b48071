import type { Overview } from '../../api/types.ts';
import { Bars } from '../../ui/Bars.tsx';
import { classes } from '../../ui/class-names.ts';
import { Section } from '../../ui/Page.tsx';

type Series = 'sessions' | 'permitted' | 'denied' | 'masked';

const SERIES: readonly {
  readonly name: Series;
  readonly title: string;
  readonly unit: string;
  readonly fill: string;
}[] = [
  { name: 'sessions', title: 'Sessions', unit: 'sessions', fill: 'fill-line-strong' },
  { name: 'permitted', title: 'Statements permitted', unit: 'permitted', fill: 'fill-line-strong' },
  { name: 'denied', title: 'Refused', unit: 'refused', fill: 'fill-deny' },
  { name: 'masked', title: 'Fields masked', unit: 'masked', fill: 'fill-mask' },
];

/** Today in figures, and the last 24 hours as small columns. */
export function Day({ overview }: { readonly overview: Overview }) {
  const { today, hours } = overview;
  return (
    <Section title="Today">
      <dl className="grid grid-cols-2 gap-x-8 gap-y-6 lg:grid-cols-4">
        {SERIES.map(({ name, title, unit, fill }) => {
          const total = hours.reduce((sum, hour) => sum + hour[name], 0);
          return (
            <div
              key={name}
              className="grid min-w-0 grid-rows-[auto_auto_1fr] content-start gap-1 border-t border-line pt-2"
            >
              <dt className="text-sm text-muted">{title}</dt>
              <dd className={classes('text-2xl font-semibold', name === 'denied' && today.denied > 0 && 'text-deny')}>
                {today[name].toLocaleString('en')}
                {name === 'sessions' && (
                  <span className="ml-2 text-sm font-normal text-muted">
                    in {today.runs} {today.runs === 1 ? 'run' : 'runs'}
                  </span>
                )}
              </dd>
              <dd>
                <Bars
                  label={`${title} in the last 24 hours: ${total}`}
                  className={fill}
                  bars={hours.map((hour) => ({ label: `${clock(hour.at)}: ${hour[name]} ${unit}`, value: hour[name] }))}
                />
              </dd>
            </div>
          );
        })}
      </dl>
      <p className="text-xs text-muted">Columns: the last 24 hours, an hour each, in your time zone.</p>
    </Section>
  );
}

const FORMAT = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' });

function clock(at: string): string {
  return FORMAT.format(new Date(at));
}
