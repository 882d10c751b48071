import { z } from 'zod';
import { addressProblem } from '../../approvals/channels/outgoing.ts';
import { Secret } from '../../model/secret.ts';
import { CliError, EXIT } from '../cli-error.ts';

/** `traces` of the configuration file; docs/reference/configuration.md explains each key. */
export const tracesSchema = z.strictObject({
  endpoint: z.string().max(2000),
  /** Share of the runs that are traced where their own trace does not say. */
  ratio: z.number().min(0).max(1).optional(),
  /** A file in PEM beside the configuration. */
  authority: z.string().optional(),
});

export interface TraceConfig {
  /** Where spans are posted to, by OTLP/HTTP. */
  readonly endpoint: string;
  readonly ratio: number;
  readonly serviceName: string;
  /** May hold a token. */
  readonly headers: Secret;
  readonly ca?: string;
}

/**
 * Where traces go: by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_*, OTEL_TRACES_SAMPLER_ARG, OTEL_SERVICE_NAME,
 * OTEL_TRACES_EXPORTER=none) over the file. Undefined where nothing is traced. Throws a `CliError`.
 */
export function readTraceConfig(
  given: z.infer<typeof tracesSchema> | undefined,
  env: NodeJS.ProcessEnv,
  read: (path: string) => string,
): TraceConfig | undefined {
  if (env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return undefined;
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const endpoint =
    env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? (base ? `${base.replace(/\/+$/, '')}/v1/traces` : given?.endpoint);
  if (!endpoint) return undefined;
  const problem = addressProblem(endpoint, { insecureLoopback: true });
  if (problem !== undefined) {
    throw new CliError(EXIT.config, `the endpoint of traces: ${problem}`, {
      hint: 'Write https://…, or http:// to a collector on this machine itself.',
    });
  }
  const authority = env['OTEL_EXPORTER_OTLP_CERTIFICATE'] ?? given?.authority;
  return {
    endpoint,
    ratio: ratioOf(env['OTEL_TRACES_SAMPLER_ARG']) ?? given?.ratio ?? 1,
    serviceName: env['OTEL_SERVICE_NAME'] || 'chaperone',
    headers: new Secret(env['OTEL_EXPORTER_OTLP_TRACES_HEADERS'] ?? env['OTEL_EXPORTER_OTLP_HEADERS'] ?? ''),
    ...(authority && { ca: read(authority) }),
  };
}

/** `name=value,name=value`, values percent-encoded (W3C Baggage, as the variable's specification says). */
export function headersOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim().toLowerCase(), decoded(pair.slice(at + 1).trim())] as const];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not encoded at all: as it stands
  }
}

function ratioOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new CliError(EXIT.config, `OTEL_TRACES_SAMPLER_ARG is "${text}"`, { hint: 'It is a share from 0 to 1.' });
}
