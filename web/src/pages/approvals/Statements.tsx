import { useState } from 'react';
import type { Approval, ApprovalStatement, EstimateView } from '../../api/types.ts';
import { HttpRequest } from '../../parts/http/HttpRequest.tsx';
import { readHttpMessage } from '../../parts/http/http-message.ts';
import { Difference } from '../../parts/kubernetes/Difference.tsx';
import { nounOf } from '../../parts/noun-of.ts';
import { Button } from '../../ui/Button.tsx';
import { Code, Mono, Visible } from '../../ui/Code.tsx';
import { Facts, Section } from '../../ui/Page.tsx';
import { Estimate } from './Estimate.tsx';

/** All that would run, as it would run: nothing is shortened. */
export function Statements({ approval }: { readonly approval: Approval }) {
  const { kind, statements, estimate, context, protocol } = approval;
  if (kind === 'access') return <AskedAccess text={statements[0]?.text ?? ''} />;
  if (protocol === 'http') return <AskedRequest text={statements[0]?.text ?? ''} />;
  if (protocol === 'kubernetes') return <OfCluster text={statements[0]?.text ?? ''} estimate={estimate} />;
  return (
    <Section
      title={statements.length === 1 ? `The ${nounOf(approval)}` : `${statements.length} statements, run together`}
    >
      <ol className="grid gap-5">
        {statements.map((statement, index) => (
          // Statements have no identity but their place
          <li key={index} className="grid min-w-0 gap-2">
            {statements.length > 1 && <p className="text-sm text-muted">Statement {index + 1}</p>}
            <Code
              text={statement.text}
              language={protocol === 'postgres' ? 'sql' : 'plain'}
              whole
              label={statements.length === 1 ? 'What is asked' : `Statement ${index + 1}`}
            />
            <Parameters statement={statement} />
            <EstimateOf estimate={estimate} index={index} kind={approval.operations[index]?.kind} />
          </li>
        ))}
      </ol>
      <Facts items={context.map(({ name, value }) => [name, <Mono key={name} text={value} />] as const)} />
    </Section>
  );
}

/** What the run asks for, and why, in its own words. */
function AskedAccess({ text }: { readonly text: string }) {
  return (
    <Section title="What is asked">
      <Code text={text} language="plain" whole label="What is asked" />
    </Section>
  );
}

interface OfClusterProps {
  readonly text: string;
  readonly estimate: EstimateView | undefined;
}

/** A request to a cluster: what would become of the object, and the request itself. */
function OfCluster({ text, estimate }: OfClusterProps) {
  const found = estimate?.statements[0];
  const why = found?.why ?? estimate?.why;
  return (
    <>
      {estimate !== undefined && (
        <Section title="What it would change">
          {found?.plan === undefined ? (
            <p className="text-muted">{why === undefined ? 'Not known.' : <Visible text={why} />}</p>
          ) : (
            <Difference text={found.plan} label="The object as it is, and as it would be" />
          )}
        </Section>
      )}
      <AskedRequest text={text} />
    </>
  );
}

/** A request of HTTP, as it would be forwarded. */
function AskedRequest({ text }: { readonly text: string }) {
  const message = readHttpMessage(new TextEncoder().encode(text));
  const [asSent, setAsSent] = useState(false);
  return (
    <Section
      title="The request"
      actions={
        <Button size="sm" variant="quiet" onClick={() => setAsSent(!asSent)}>
          {asSent ? 'Laid out for reading' : 'All of it as sent'}
        </Button>
      }
    >
      {asSent || message === undefined ? (
        <Code text={text} whole label="The request as sent" />
      ) : (
        <HttpRequest message={message} whole />
      )}
      {text.includes('\uFFFD') && <p className="text-sm text-muted">Bytes that are no text stand as {'\uFFFD'}.</p>}
    </Section>
  );
}

function Parameters({ statement }: { readonly statement: ApprovalStatement }) {
  if (statement.parameters.length === 0) return null;
  return (
    <Facts
      items={statement.parameters.map((value, index) => [
        `$${index + 1}`,
        value === null ? <span className="text-muted">NULL</span> : <Mono text={value} />,
      ])}
    />
  );
}

interface EstimateOfProps {
  readonly estimate: EstimateView | undefined;
  readonly index: number;
  readonly kind: string | undefined;
}

function EstimateOf({ estimate, index, kind }: EstimateOfProps) {
  if (estimate === undefined) return null;
  const statement = estimate.statements[index];
  if (statement === undefined && index > 0) return null;
  return <Estimate estimate={estimate} statement={statement} kind={kind} />;
}
