import type { LocalTarget, RunContext } from '../local-target.ts';
import type { WriteFile } from './postgres-variables.ts';

/** As AWS's SDKs call services (SDKs and Tools Reference Guide, "Service-specific endpoints"); others by their own name. */
const SERVICE_IDS: Readonly<Record<string, string>> = {
  secretsmanager: 'secrets_manager',
  logs: 'cloudwatch_logs',
  monitoring: 'cloudwatch',
  states: 'sfn',
  events: 'eventbridge',
  email: 'ses',
  'cognito-idp': 'cognito_identity_provider',
  'cognito-identity': 'cognito_identity',
};

/**
 * What clients of AWS expect: keys, a region, and an endpoint for each service that a target is for. The keys are of this run
 * and good at its listeners alone. They stand in files as well, since some agents take variables of such names from their
 * tools.
 */
export async function awsVariables(context: RunContext, write: WriteFile): Promise<Record<string, string>> {
  const targets = context.targets.filter(({ aws }) => aws !== undefined);
  const [first] = targets;
  if (first?.aws === undefined) return {};
  const keys = { AWS_ACCESS_KEY_ID: first.user, AWS_SECRET_ACCESS_KEY: first.aws.secretAccessKey.reveal() };
  const region = targets.map(({ aws }) => aws?.region).find((one) => one !== undefined);
  const general = only(targets.filter(({ aws }) => aws?.service === undefined));
  const services = Map.groupBy(targets, ({ aws }) => aws?.service);
  services.delete(undefined);
  const own = [...services].flatMap(([service = '', of]) => {
    const target = only(of);
    return target === undefined ? [] : [[SERVICE_IDS[service] ?? service.replaceAll('-', '_'), url(target)] as const];
  });
  const credentials = `[default]\naws_access_key_id = ${keys.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${keys.AWS_SECRET_ACCESS_KEY}\n`;
  return {
    ...keys,
    ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    ...(general === undefined ? {} : { AWS_ENDPOINT_URL: url(general) }),
    ...Object.fromEntries(own.map(([id, at]) => [`AWS_ENDPOINT_URL_${id.toUpperCase()}`, at])),
    AWS_SHARED_CREDENTIALS_FILE: await write('aws-credentials', credentials),
    AWS_CONFIG_FILE: await write('aws-config', configFile(region, general, own)),
    // There is no other way to keys than these.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

function configFile(
  region: string | undefined,
  general: LocalTarget | undefined,
  own: readonly (readonly [id: string, url: string])[],
): string {
  const lines = [
    '[default]',
    ...(region === undefined ? [] : [`region = ${region}`]),
    ...(general === undefined ? [] : [`endpoint_url = ${url(general)}`]),
    ...(own.length === 0 ? [] : ['services = chaperone', '', '[services chaperone]']),
    ...own.flatMap(([id, at]) => [`${id.toLowerCase()} =`, `  endpoint_url = ${at}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Either of two would be the wrong one for somebody. */
function only(targets: readonly LocalTarget[]): LocalTarget | undefined {
  return targets.length === 1 ? targets[0] : undefined;
}

/** Its clients sign, and show nothing else. */
function url({ host, port }: LocalTarget): string {
  return `http://${host}:${port}`;
}
