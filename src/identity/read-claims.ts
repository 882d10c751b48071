import { LIMITS } from '../model/limits.ts';
import { ROLES } from '../model/person.ts';
import type { LoginConfig } from './login-config.ts';
import { LoginRefused } from './login-refused.ts';
import type { ClaimedIdentity } from './people.ts';

export type Claims = Readonly<Record<string, unknown>>;

type ClaimNames = Pick<LoginConfig, 'groupsClaim' | 'loginClaim' | 'handleClaims' | 'roles'>;

/** Turns verified claims into a person. Throws `LoginRefused` where they make no usable one. */
export function readClaims(claims: Claims, config: ClaimNames): ClaimedIdentity {
  const { iss, sub, name, email, email_verified: verified } = claims;
  if (typeof iss !== 'string' || typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT) {
    throw unusable('they name no subject');
  }
  const groups = groupsOf(claimAt(claims, config.groupsClaim));
  // Some providers never say whether they checked an address: it is shown then, and makes nobody anybody.
  const address = typeof email === 'string' && verified !== false && isPlain(email) ? email : undefined;
  const proven = verified === true ? address : undefined;
  return {
    issuer: iss,
    subject: sub,
    login: loginOf(claims, config.loginClaim, proven),
    groups,
    roles: ROLES.filter((role) => config.roles[role]?.some((group) => groups.includes(group))),
    handles: [...handlesOf(claims, config.handleClaims), ...(proven ? [proven] : [])],
    ...(typeof name === 'string' && isPlain(name) ? { name: name.normalize('NFC') } : {}),
    ...(address ? { email: address } : {}),
  };
}

/** Whether the ID token says something of groups; the provider's userinfo is asked where it does not. */
export function hasGroups(claims: Claims, { groupsClaim }: ClaimNames): boolean {
  return claimAt(claims, groupsClaim) !== undefined;
}

const MAX_SUBJECT = 500;
/** Letters, digits and what stands in logins and addresses; `~` marks logins that were given up. */
const LOGIN = /^[\p{L}\p{N}_@.+' -]+$/u;

function loginOf(claims: Claims, loginClaim: string | undefined, proven: string | undefined): string {
  const said = loginClaim === undefined ? (claims['preferred_username'] ?? proven) : claimAt(claims, loginClaim);
  if (typeof said !== 'string' || said.trim() === '') {
    throw unusable(`they have no ${loginClaim ?? 'preferred_username, and no verified email'}`);
  }
  const login = said.trim().normalize('NFC');
  if (login.length > LIMITS.maxPersonNameCharacters || !LOGIN.test(login)) throw unusable('the login is not one');
  return login;
}

function groupsOf(value: unknown): readonly string[] {
  const listed = typeof value === 'string' ? value.split(/[\s,]+/) : Array.isArray(value) ? (value as unknown[]) : [];
  const groups = [...new Set(listed.filter((item) => typeof item === 'string' && item !== ''))] as string[];
  if (groups.length > LIMITS.maxPersonGroups) {
    throw unusable(`they name ${groups.length} groups, and at most ${LIMITS.maxPersonGroups} are taken`);
  }
  if (!groups.every(isPlain)) throw unusable('a group has a name that is none');
  return groups;
}

function handlesOf(claims: Claims, names: LoginConfig['handleClaims']): readonly string[] {
  return Object.entries(names).flatMap(([kind, claim]) => {
    const value = claimAt(claims, claim);
    return typeof value === 'string' && /^[\w.@+-]{1,200}$/.test(value) ? [`${kind}:${value}`] : [];
  });
}

/** A claim of that very name, else along its dots. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path.split('.').reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    return (value as Claims)[name];
  }, claims);
}

/** Short, and without what hides or turns text round: control and format characters, line ends. */
export function isPlain(text: string): boolean {
  return text !== '' && text.length <= LIMITS.maxPersonNameCharacters && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);
}

function unusable(why: string): LoginRefused {
  return new LoginRefused('claims-unusable', `The provider's claims cannot be used: ${why}.`);
}
