import { Command } from '../../ui/EmptyState.tsx';
import { Section } from '../../ui/Page.tsx';

const STEPS: readonly { readonly title: string; readonly text: string; readonly command: string }[] = [
  {
    title: 'Try it as an agent would',
    text: 'Opens a session in a target with a grant of your own; it appears here at once.',
    command: 'chaperone sql shop',
  },
  {
    title: 'Let a CI job in',
    text: 'Put this before the agent’s own command in a job that has an OIDC token.',
    command: 'chaperone run -- your-agent',
  },
  {
    title: 'See what rules would say',
    text: 'Explains the decision on a statement, without sending it anywhere.',
    command: 'chaperone policy explain --target shop "DROP TABLE customers"',
  },
];

/** Before anything has happened: how to make something happen. */
export function FirstSteps() {
  return (
    <Section title="Nothing has come through this gateway yet">
      <ol className="grid gap-x-8 gap-y-5 lg:grid-cols-3">
        {STEPS.map(({ title, text, command }) => (
          <li key={title} className="grid min-w-0 content-start justify-items-start gap-1.5 border-t border-line pt-2">
            <h3 className="font-medium">{title}</h3>
            <p className="text-muted">{text}</p>
            <Command text={command} />
          </li>
        ))}
      </ol>
    </Section>
  );
}
