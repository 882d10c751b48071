/**
 * A receiver of OTLP/HTTP in JSON that takes nothing which OpenTelemetry's own `.proto` files do not have: each member is
 * looked up there, in the spelling and with the types of the protocol's JSON mapping.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly spans: ReceivedSpan[];
  readonly headers: Record<string, unknown>[];
  /** What was wrong with what came; such a request is answered 400. */
  readonly problems: string[];
}

const SCHEMAS = join(dirname(fileURLToPath(import.meta.url)), '..', 'schemas', 'otlp');
const REQUEST = 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest';
/** Bytes that OTLP writes in hexadecimal, other than Protobuf's own JSON. */
const HEX: Readonly<Record<string, number>> = { traceId: 32, spanId: 16, parentSpanId: 16 };

export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const schema = requestType();
  const received: Pick<OtlpReceiver, 'spans' | 'headers' | 'problems'> = { spans: [], headers: [], problems: [] };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      const value: unknown = JSON.parse(body);
      const problems = request.url === '/v1/traces' ? problemsOf(value, schema, '') : [`posted to ${request.url}`];
      received.problems.push(...problems);
      received.headers.push({ ...request.headers });
      if (problems.length === 0) received.spans.push(...spansOf(value));
      response.writeHead(problems.length === 0 ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/v1/traces`,
    port: address.port,
    ...received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function requestType(): protobuf.Type {
  const root = new protobuf.Root();
  root.resolvePath = (_from, path) => join(SCHEMAS, path);
  root.loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto');
  root.resolveAll();
  return root.lookupType(REQUEST);
}

/** What of a JSON value the message type does not have. */
export function problemsOf(value: unknown, type: protobuf.Type, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is no ${type.name}`];
  const oneofs = type.oneofsArray.flatMap(({ fieldsArray, name }) => {
    const set = fieldsArray.filter((field) => Object.hasOwn(value, protobuf.util.camelCase(field.name)));
    return set.length > 1 ? [`${path} has several of ${name}`] : [];
  });
  const fields = Object.entries(value).flatMap(([name, one]) => {
    const field = type.fieldsArray.find((each) => protobuf.util.camelCase(each.name) === name);
    if (field === undefined) return [`${path}.${name} is not in ${type.name}`];
    if (!field.repeated) return fieldProblems(one, field, `${path}.${name}`);
    if (!Array.isArray(one)) return [`${path}.${name} is no list`];
    return one.flatMap((item: unknown, at) => fieldProblems(item, field, `${path}.${name}[${at}]`));
  });
  return [...oneofs, ...fields];
}

function fieldProblems(value: unknown, field: protobuf.Field, path: string): readonly string[] {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return problemsOf(value, resolvedType, path);
  if (resolvedType instanceof protobuf.Enum) {
    return Object.values(resolvedType.values).includes(value as number)
      ? []
      : [`${path} is no number of ${resolvedType.name}`];
  }
  return isScalar(value, field) ? [] : [`${path} is no ${field.type}`];
}

function isScalar(value: unknown, { type, name }: protobuf.Field): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'double':
      return typeof value === 'number';
    case 'int64':
    case 'fixed64':
      return typeof value === 'string' && /^\d+$/.test(value);
    case 'uint32':
    case 'fixed32':
      return Number.isInteger(value);
    case 'bytes': {
      const characters = HEX[protobuf.util.camelCase(name)];
      return typeof value === 'string' && /^[0-9a-f]+$/.test(value) && value.length === characters;
    }
    default:
      return false;
  }
}

interface RawAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

function spansOf(value: unknown): readonly ReceivedSpan[] {
  const { resourceSpans } = value as {
    resourceSpans: readonly {
      resource: { attributes: readonly RawAttribute[] };
      scopeSpans: readonly {
        spans: readonly (Omit<ReceivedSpan, 'attributes' | 'events'> & {
          attributes: readonly RawAttribute[];
          events: readonly { name: string }[];
        })[];
      }[];
    }[];
  };
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: plain(span.attributes),
        events: span.events.map(({ name }) => name),
        resource: plain(resource.attributes),
      })),
    ),
  );
}

function plain(attributes: readonly RawAttribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
