import { useState } from 'react';
import { Code } from '../../ui/Code.tsx';
import { classes } from '../../ui/class-names.ts';
import { bodyOf, curlOf, type Endpoint, type Parameter, type Schema } from './openapi.ts';
import { type SchemaContext, schemaText, typeText } from './schema-text.ts';

interface EndpointEntryProps {
  readonly endpoint: Endpoint;
  readonly context: SchemaContext;
}

/** One route: a line, and all about it when it is opened. */
export function EndpointEntry({ endpoint, context }: EndpointEntryProps) {
  const [open, setOpen] = useState(location.hash === `#${endpoint.id}`);
  const { method, path, operation, id } = endpoint;
  return (
    <li id={id}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 py-2 hover:bg-hover coarse:min-h-11">
          <span className={classes('w-14 font-mono text-xs font-semibold uppercase', COLOURS[method])}>{method}</span>
          <span className="min-w-0 font-mono text-sm break-all">{path}</span>
          {operation.summary !== undefined && <span className="text-muted">{operation.summary}</span>}
        </summary>
        {open && <Details endpoint={endpoint} context={context} />}
      </details>
    </li>
  );
}

function Details({ endpoint, context }: EndpointEntryProps) {
  const { operation } = endpoint;
  const body = bodyOf(operation.requestBody?.content);
  return (
    <div className="grid gap-4 pt-1 pb-5">
      {operation.description !== undefined && <p className="max-w-prose text-muted">{operation.description}</p>}
      {operation.parameters !== undefined && operation.parameters.length > 0 && (
        <Parameters parameters={operation.parameters} />
      )}
      {body !== undefined && <Shape title="Body" schema={body} context={context} />}
      {Object.entries(operation.responses ?? {}).map(([status, response]) => {
        const schema = bodyOf(response.content);
        const words = response.description === 'Default Response' ? '' : ` ${response.description ?? ''}`;
        const title = `Answer ${status}${words}`;
        return schema === undefined || isProblem(status) ? (
          <p key={status} className="text-sm text-muted">
            {title}
            {isProblem(status) &&
              ': a problem (RFC 9457) with title, status, and where there is more to say detail, code and hint'}
          </p>
        ) : (
          <Shape key={status} title={title} schema={schema} context={context} />
        );
      })}
      <Code text={curlOf(endpoint)} label="curl" />
    </div>
  );
}

function Parameters({ parameters }: { readonly parameters: readonly Parameter[] }) {
  return (
    <dl className="grid gap-1.5">
      {parameters.map((parameter) => (
        <div key={`${parameter.in} ${parameter.name}`} className="grid gap-x-4 sm:grid-cols-[10rem_minmax(0,1fr)]">
          <dt className="font-mono text-sm">
            {parameter.name}
            {parameter.required && <span className="text-muted"> (required)</span>}
          </dt>
          <dd className="text-muted">
            {parameter.in}, {wordsOf(parameter.schema)}
            {(parameter.description ?? parameter.schema?.description) !== undefined &&
              `. ${parameter.description ?? parameter.schema?.description}`}
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface ShapeProps {
  readonly title: string;
  readonly schema: Schema;
  readonly context: SchemaContext;
}

function Shape({ title, schema, context }: ShapeProps) {
  return (
    <div className="grid min-w-0 gap-1.5">
      <h3 className="text-sm font-medium">{title}</h3>
      <Code text={schemaText(schema, context)} noWrap copy={false} label={title} />
    </div>
  );
}

function wordsOf(schema: Schema | undefined): string {
  if (schema === undefined) return 'any';
  const values = schema.enum === undefined ? typeText(schema) : schema.enum.map(String).join(' | ');
  return schema.default === undefined ? values : `${values}, ${JSON.stringify(schema.default)} where it is absent`;
}

function isProblem(status: string): boolean {
  return status.startsWith('4') || status.startsWith('5');
}

const COLOURS: Readonly<Record<string, string>> = {
  get: 'text-muted',
  post: 'text-accent',
  put: 'text-accent',
  patch: 'text-accent',
  delete: 'text-deny',
};
