import { z } from 'zod';
import type { PersonRecord } from '../identity/person-record.ts';
import { ROLES } from '../model/person.ts';

const roles = z.array(z.enum(ROLES));

export const personSchema = z.object({
  id: z.string(),
  login: z.string(),
  name: z.string().optional(),
  email: z.string().optional(),
  issuer: z.string(),
  claimedGroups: z.array(z.string()).describe('Of the login provider, as of the last login.'),
  localGroups: z.array(z.string()),
  groups: z.array(z.string()),
  claimedRoles: roles,
  localRoles: roles,
  roles,
  handles: z.array(z.string()).describe('Names under which CI systems and channels know them: `github:octocat`.'),
  localHandles: z.array(z.string()),
  createdAt: z.string(),
  lastSeenAt: z.string().optional(),
  disabled: z.boolean(),
});

/** A person as the API shows them. */
export function personView(person: PersonRecord): z.infer<typeof personSchema> {
  const { name, email, lastSeenAt } = person;
  return {
    id: person.id,
    login: person.login,
    issuer: person.issuer,
    claimedGroups: [...person.claimedGroups],
    localGroups: [...person.localGroups],
    groups: [...person.groups],
    claimedRoles: [...person.claimedRoles],
    localRoles: [...person.localRoles],
    roles: [...person.roles],
    handles: [...person.handles],
    localHandles: [...person.localHandles],
    createdAt: person.createdAt,
    disabled: person.disabled,
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
  };
}
