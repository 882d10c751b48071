import { useQuery } from '@tanstack/react-query';
import { gatewayQuery } from '../../api/queries.ts';
import { Command } from '../../ui/EmptyState.tsx';
import { Section } from '../../ui/Page.tsx';

interface Step {
  readonly title: string;
  readonly text: string;
  readonly command: string;
}

const DEMO: readonly Step[] = [
  {
    title: 'Ask something, as an agent would',
    text: 'Opens a session in the demo’s database. It appears here at once, and the e-mail addresses come masked.',
    command: 'npx chaperone run --target demo -- psql -c "select name, email from customers limit 2"',
  },
  {
    title: 'Ask for what needs a person',
    text: 'Stops on the wire until somebody answers. You are in the group that is asked.',
    command: 'npx chaperone run --target demo -- psql -c "alter table orders add column note text"',
  },
  {
    title: 'Ask for what is never allowed',
    text: 'Is refused in PostgreSQL’s own words; the connection stays, and the next statement works.',
    command: 'npx chaperone run --target demo -- psql -c "drop table payments"',
  },
];

const OWN: readonly Step[] = [
  {
    title: 'Name a target',
    text: 'A database, its address and credential, in a file; the same file holds who is let in and what they may do.',
    command: 'chaperone apply --plan chaperone/',
  },
  {
    title: 'See what the rules would say',
    text: 'Decides a statement as the gateway would, rule by rule, and sends it nowhere.',
    command: 'chaperone policy check policies/ --target shop --statement "drop table customers"',
  },
  {
    title: 'Let a CI job in',
    text: 'Goes before the agent’s own command, in a job that has an OIDC token.',
    command: 'chaperone run --target shop -- your-agent',
  },
];

/** Before anything has happened: how to make something happen. */
export function FirstSteps() {
  const steps = useQuery(gatewayQuery).data?.demo ? DEMO : OWN;
  return (
    <Section title="Nothing has come through this gateway yet">
      <ol className="grid gap-5">
        {steps.map(({ title, text, command }) => (
          <li
            key={title}
            className="grid min-w-0 content-start justify-items-start gap-1.5 border-t border-line pt-2.5"
          >
            <h3 className="font-medium">{title}</h3>
            <p className="text-muted">{text}</p>
            <Command text={command} />
          </li>
        ))}
      </ol>
    </Section>
  );
}
