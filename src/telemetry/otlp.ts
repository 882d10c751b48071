/**
 * Spans in the JSON of OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp): ids in hexadecimal, 64-bit numbers
 * as strings, enumerations as numbers.
 */
export type AttributeValue = string | number | boolean | readonly string[];

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: 'server' | 'client';
  /** Nanoseconds since 1970. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  readonly events: readonly { readonly name: string; readonly atNs: bigint }[];
  readonly isError: boolean;
}

const KINDS = { server: 2, client: 3 } as const;
const STATUS_ERROR = 2;

/** One ExportTraceServiceRequest. */
export function traceRequest(spans: readonly Span[], resource: Span['attributes'], version: string): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'chaperone', version }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf({
  traceId,
  spanId,
  parentSpanId,
  name,
  kind,
  startNs,
  endNs,
  attributes,
  events,
  isError,
}: Span): object {
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(endNs),
    attributes: attributesOf(attributes),
    events: events.map((event) => ({ name: event.name, timeUnixNano: String(event.atNs) })),
    status: isError ? { code: STATUS_ERROR } : {},
  };
}

function attributesOf(attributes: Span['attributes']): readonly object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: valueOf(value) }],
  );
}

function valueOf(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((one) => ({ stringValue: one })) } };
}
