import type { ExportDeclaration } from './declaration.ts';
import { defaultEndpoint, exportBinding, FILE_DEFAULTS } from './load-exports.ts';

const MIB = 1024 * 1024;

/**
 * An export as the store has it, JSON that `loadExports` once made, as somebody would declare it without its secrets, and
 * what those are bound to. What is the default is left out.
 */
export function declareExport(stored: string): {
  readonly item: Readonly<Record<string, unknown>>;
  readonly boundTo: string;
} {
  const declaration = JSON.parse(stored) as ExportDeclaration;
  const { name, kind, enabled, format, from, people, statements } = declaration;
  const item = {
    name,
    kind,
    ...placeOf(declaration),
    ...(format !== 'ocsf' && { format }),
    ...(from !== 'start' && { from }),
    ...(people && { people }),
    ...(statements && { statements: 'masked-text' }),
    ...(!enabled && { enabled }),
  };
  return { item, boundTo: exportBinding(declaration) };
}

function placeOf(declaration: ExportDeclaration): object {
  switch (declaration.kind) {
    case 'stdout':
      return {};
    case 'file': {
      const { file, rotateBytes, keep } = declaration;
      const rotateMiB = rotateBytes / MIB;
      return {
        file,
        ...(rotateMiB !== FILE_DEFAULTS.rotateMiB && { rotateMiB }),
        ...(keep !== FILE_DEFAULTS.keep && { keep }),
      };
    }
    case 'webhook':
      return { url: declaration.url, ...httpOf(declaration) };
    case 'syslog': {
      const { host, port, transport, ca, serverName } = declaration;
      return {
        address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
        ...(transport !== 'tls' && { transport }),
        ...(serverName !== undefined && { serverName }),
        ...(ca !== undefined && { ca }),
      };
    }
    case 's3': {
      const { bucket, region, endpoint, prefix, kmsKey, lock } = declaration;
      return {
        bucket,
        region,
        ...(endpoint !== defaultEndpoint(region) && { endpoint }),
        ...(prefix !== '' && { prefix }),
        ...(kmsKey !== undefined && { kmsKey }),
        ...(lock && { lock }),
        ...httpOf(declaration),
      };
    }
    default:
      return declaration satisfies never;
  }
}

function httpOf({
  allowPrivate,
  insecureLoopback,
  ca,
}: Extract<ExportDeclaration, { kind: 'webhook' | 's3' }>): object {
  return {
    ...(allowPrivate && { allowPrivate }),
    ...(insecureLoopback && { insecureLoopback }),
    ...(ca !== undefined && { ca }),
  };
}
