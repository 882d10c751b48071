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
 * What clients of AWS expect: keys, a region, and an endpoint for each service that a target of the grant is for; for each that
 * people may give it a profile of its name. The keys are of this run and good at its listeners alone. They stand in files as
 * well, since some agents take variables of such names from their tools.
 */
export async function awsVariables(
  context: RunContext,
  write: WriteFile,
  inherited: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const targets = context.targets.filter(({ aws }) => aws !== undefined);
  const profiles = (context.requestable ?? []).filter(({ aws }) => aws !== undefined);
  if (targets.length + profiles.length === 0) return {};
  const given = environmentOf(targets);
  const keys = keysOf([...targets, ...profiles]);
  const sections = [...(targets.length === 0 ? [] : ['default']), ...profiles.map(({ name }) => name)];
  const config = [...(targets.length === 0 ? [] : [configFile(given)]), ...profiles.map(profileOf)];
  const files = {
    AWS_SHARED_CREDENTIALS_FILE: await write('aws-credentials', sections.map((name) => section(name, keys)).join('')),
    AWS_CONFIG_FILE: await write('aws-config', config.join('\n')),
  };
  if (targets.length > 0) return { ...keys, ...variablesOf(given), ...files };
  // What a command was let have of its own stands until the run has a target of AWS.
  return Object.fromEntries(Object.entries(files).filter(([name]) => inherited[name] === undefined));
}

interface Given {
  readonly region: string | undefined;
  /** That of the one target that is for no service by name. */
  readonly general: LocalTarget | undefined;
  readonly own: readonly (readonly [id: string, url: string])[];
}

function environmentOf(targets: readonly LocalTarget[]): Given {
  const region = targets.map(({ aws }) => aws?.region).find((one) => one !== undefined);
  const general = only(targets.filter(({ aws }) => aws?.service === undefined));
  const services = Map.groupBy(targets, ({ aws }) => aws?.service);
  services.delete(undefined);
  const own = [...services].flatMap(([service = '', of]) => {
    const target = only(of);
    return target === undefined ? [] : [[SERVICE_IDS[service] ?? service.replaceAll('-', '_'), url(target)] as const];
  });
  return { region, general, own };
}

/** All listeners of HTTP have one login together. */
function keysOf([first]: readonly LocalTarget[]): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: first?.user ?? '', AWS_SECRET_ACCESS_KEY: first?.aws?.secretAccessKey.reveal() ?? '' };
}

function variablesOf({ region, general, own }: Given): Record<string, string> {
  return {
    ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    ...(general === undefined ? {} : { AWS_ENDPOINT_URL: url(general) }),
    ...Object.fromEntries(own.map(([id, at]) => [`AWS_ENDPOINT_URL_${id.toUpperCase()}`, at])),
    // There is no other way to keys than these.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

function section(name: string, keys: Readonly<Record<string, string>>): string {
  const lines = Object.entries(keys).map(([key, value]) => `${key.toLowerCase()} = ${value}\n`);
  return `[${name}]\n${lines.join('')}`;
}

function profileOf(target: LocalTarget): string {
  const region = target.aws?.region;
  return `[profile ${target.name}]\n${region === undefined ? '' : `region = ${region}\n`}endpoint_url = ${url(target)}\n`;
}

function configFile({ region, general, own }: Given): string {
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
