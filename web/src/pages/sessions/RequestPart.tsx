import { useMemo, useState } from 'react';
import type { ApprovalStatement, RecordedEvent } from '../../api/types.ts';
import { isMcpRequest } from '../../parts/mcp/mcp-message.ts';
import { sshAsked } from '../../parts/ssh/ssh-facts.ts';
import { Button } from '../../ui/Button.tsx';
import { Code, Visible } from '../../ui/Code.tsx';
import { HttpRequestPart } from './HttpRequestPart.tsx';
import { JudgedPart } from './JudgedPart.tsx';
import { forwardedText, requestText } from './request-text.ts';
import { SshRequestPart } from './SshRequestPart.tsx';

/** Highlighted at once; the rest when it is asked for. */
const SHOWN_CHARACTERS = 20_000;
const SHOWN_STATEMENTS = 50;

/** What was asked, with its parameters. */
export function RequestPart({ event }: { readonly event: RecordedEvent }) {
  if (sshAsked(event) !== undefined) return <SshRequestPart event={event} />;
  return isMcpRequest(event) ? <AskedMessage event={event} /> : <AskedStatements event={event} />;
}

/** A message of MCP: what it names, and all that is given along. */
function AskedMessage({ event }: { readonly event: RecordedEvent }) {
  const { statements, withheld } = useMemo(() => requestText(event), [event]);
  if (withheld !== undefined) return <p className="text-muted">Its text is not here: {withheld}.</p>;
  return (
    <div className="grid grid-cols-1 gap-2">
      {statements.map((statement, index) => (
        // There is one
        <Statement key={index} statement={statement} language="plain" forwarded={undefined} />
      ))}
      <JudgedPart event={event} />
    </div>
  );
}

function AskedStatements({ event }: { readonly event: RecordedEvent }) {
  const { statements, withheld } = useMemo(() => requestText(event), [event]);
  const [all, setAll] = useState(false);
  if (withheld === undefined && event.body?.media === 'message/http') return <HttpRequestPart event={event} />;
  if (withheld !== undefined) return <p className="text-muted">Its text is not here: {withheld}.</p>;
  const shown = all ? statements : statements.slice(0, SHOWN_STATEMENTS);
  return (
    <div className="grid grid-cols-1 gap-2">
      {shown.map((statement, index) => (
        // The statements of a batch have no identity but their place
        <Statement
          key={index}
          statement={statement}
          language="sql"
          forwarded={forwardedText(event, index, statement.text)}
        />
      ))}
      {shown.length < statements.length && (
        <Button size="sm" onClick={() => setAll(true)}>
          Show all {statements.length} statements
        </Button>
      )}
      <JudgedPart event={event} />
    </div>
  );
}

interface StatementProps {
  readonly statement: ApprovalStatement;
  readonly language: 'sql' | 'plain';
  readonly forwarded: string | undefined;
}

function Statement({ statement: { text, parameters }, language, forwarded }: StatementProps) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > SHOWN_CHARACTERS;
  return (
    <div className="grid grid-cols-1 gap-1.5">
      <Code language={language} text={cut ? text.slice(0, SHOWN_CHARACTERS) : text} label="What was asked" />
      {cut && (
        <Button size="sm" className="justify-self-start" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString('en')} characters
        </Button>
      )}
      {forwarded !== undefined && (
        <details className="text-sm">
          <summary className="cursor-pointer text-muted">Forwarded with a limit of rows</summary>
          <Code language="sql" text={forwarded.slice(0, SHOWN_CHARACTERS)} label="What was forwarded" />
        </details>
      )}
      {parameters.length > 0 && (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5 font-mono text-sm">
          {parameters.map((value, index) => (
            // Parameters are numbered
            <div key={index} className="contents">
              <dt className="text-mask">${index + 1}</dt>
              <dd className="break-words whitespace-pre-wrap">
                {value === null ? <span className="text-muted italic">NULL</span> : <Visible text={value} />}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
