import { Visible } from '../../ui/Code.tsx';
import { HttpBody, size } from './HttpBody.tsx';
import { HttpFields } from './HttpFields.tsx';
import { type HttpMessage, requestLine } from './http-message.ts';

interface HttpRequestProps {
  readonly message: HttpMessage;
  /** Nothing is folded or left for later: where somebody must read all of it. */
  readonly whole?: boolean;
}

/** A request of HTTP: its line, its query, its body and its fields. */
export function HttpRequest({ message, whole = false }: HttpRequestProps) {
  const { start, fields, body, trailers } = message;
  const { method, path, query } = requestLine(start);
  const table = <HttpFields fields={fields} label="Fields of the request" />;
  return (
    <div className="grid min-w-0 grid-cols-1 gap-2">
      <p className="min-w-0 rounded-md border border-line bg-sunken px-3 py-2 font-mono text-sm break-all">
        <span className="font-semibold">
          <Visible text={method} />
        </span>{' '}
        <Visible text={path} />
      </p>
      {query.length > 0 && <HttpFields fields={query} label="Query" />}
      {body.length > 0 && <p className="text-sm text-muted">Body, {size(body.length)}</p>}
      <HttpBody body={body} fields={fields} of="request" whole={whole} />
      {trailers.length > 0 && <HttpFields fields={trailers} label="Fields behind the body" />}
      {whole ? (
        <>
          <p className="text-sm text-muted">Fields</p>
          {table}
        </>
      ) : (
        <details className="text-sm">
          <summary className="cursor-pointer text-muted">{fields.length} fields of the request</summary>
          <div className="mt-1.5">{table}</div>
        </details>
      )}
    </div>
  );
}
