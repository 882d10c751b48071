import { CliError, EXIT } from '../../cli-error.ts';
import { printable } from '../../printable.ts';
import { isAllowed } from './allowed-variables.ts';
import { isMinting, mintingNames } from './minting-variables.ts';

export interface EnvironmentRules {
  /** `--env`: a name, `NAME=VALUE`, or `PREFIX_*`. */
  readonly env: readonly string[];
  /** `--inherit-env`: everything but what mints tokens or leads around the gateway. */
  readonly inheritAll: boolean;
  /** What a known agent needs of its own, as `--env` takes it: its key to its model. */
  readonly ofAgent: readonly string[];
}

export interface Inherited {
  readonly env: Readonly<Record<string, string>>;
  /** Names, sorted: what the caller has and the command does not get. */
  readonly withheld: readonly string[];
  /** Of those, what could have minted a token. */
  readonly minting: readonly string[];
  /** What was let through beside the list, in one word for the record. */
  readonly mode: 'allow-list' | 'inherited';
  /** What `--env` asked for, by name alone. */
  readonly added: readonly string[];
}

/** `NAME=VALUE` overwrites; a bare name and a pattern let through what the caller has. */
const REQUEST = /^([A-Za-z_][A-Za-z0-9_]*)(?:(\*)|=([^]*))?$/;

/** Chooses what of `base` a command gets to see. Throws a `CliError` for a request that cannot be met. */
export function inheritedVariables(base: NodeJS.ProcessEnv, rules: EnvironmentRules): Inherited {
  const asked = rules.env.map(parsed);
  const ofAgent = rules.ofAgent.map(parsed);
  const given = Object.entries(base).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const minting = mintingNames(given);
  const refused = asked.find(({ name, pattern, value }) => !pattern && value === undefined && minting.includes(name));
  if (refused !== undefined) throw mints(refused.name);
  const isNamed = (name: string): boolean => asked.some((each) => each.pattern === undefined && each.name === name);
  const isWanted = (name: string, value: string): boolean => {
    if (minting.includes(name)) return false;
    if (isNamed(name)) return true;
    if (leadsAround(name, value)) return false;
    return rules.inheritAll || isAllowed(name) || [...asked, ...ofAgent].some((each) => matches(each, name));
  };
  const kept = given.filter(([name, value]) => isWanted(name, value));
  const set = asked.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  return {
    env: Object.fromEntries([...kept, ...set]),
    withheld: given
      .filter(([name, value]) => !isWanted(name, value))
      .map(([name]) => name)
      .sort(),
    minting: minting.toSorted(),
    mode: rules.inheritAll ? 'inherited' : 'allow-list',
    added: asked.map(({ name, pattern }) => (pattern === undefined ? name : `${name}*`)),
  };
}

interface Asked {
  readonly name: string;
  /** Present where `name` is the beginning of a name. */
  readonly pattern?: true;
  readonly value?: string;
}

function parsed(request: string): Asked {
  const [, name, star, value] = REQUEST.exec(request) ?? [];
  if (name === undefined) {
    throw new CliError(EXIT.usage, `--env takes NAME, NAME=VALUE or 'PREFIX_*', and not ${printable(request)}`);
  }
  if (isMinting(name, value ?? '')) {
    throw mints(name);
  }
  return { name, ...(star === undefined ? {} : { pattern: true }), ...(value === undefined ? {} : { value }) };
}

function mints(name: string): CliError {
  return new CliError(EXIT.usage, `--env ${name}: it mints tokens or is one, and never reaches the command`, {
    hint: 'Whoever has it can open runs of their own. Let the step before fetch what the command needs.',
  });
}

function matches({ name, pattern }: Asked, variable: string): boolean {
  return pattern === undefined ? variable === name : variable.startsWith(name);
}

/** Variables of libpq (manual, 32.15) and of Kubernetes that would lead around the gateway or contradict what is injected. */
const AROUND =
  /^(DATABASE_URL(_\w+)?|PG(HOST|HOSTADDR|PORT|USER|PASSWORD|PASSFILE|DATABASE|SERVICE|SERVICEFILE|APPNAME|SSL\w+|CHANNELBINDING|REQUIREAUTH|GSS\w+|KRBSRVNAME)|POSTGRES_\w+|SSH_AUTH_SOCK|KUBECONFIG|KUBERNETES_(SERVICE|PORT)\w*|HELM_KUBE\w+)$/;
/** A database's address with what is needed to enter it. */
const CONNECTION = /^(jdbc:)?(postgres|postgresql|cockroachdb)(\+\w+)?:\/\//i;

function leadsAround(name: string, value: string): boolean {
  return AROUND.test(name) || CONNECTION.test(value.trim());
}
