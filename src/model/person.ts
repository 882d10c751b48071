import type { PersonId } from './ids.ts';

/** What a person may do here; a person may have several. */
export const ROLES = ['admin', 'operator', 'auditor', 'approver'] as const;
export type Role = (typeof ROLES)[number];

/** What one door of the API asks for. */
export const SCOPES = [
  'overview:read',
  /** The inbox of the caller's own groups, and answering there. */
  'approvals:answer',
  /** All approvals, of every group. */
  'approvals:read',
  /** Runs, sessions and statements without what they carried. */
  'sessions:read',
  'sessions:end',
  /** What sessions carried: statements' texts, replies, recordings. */
  'recordings:read',
  'targets:read',
  'targets:check',
  'configuration:read',
  'configuration:write',
  'grants:read',
  'grants:revoke',
  'people:read',
  'people:write',
  'tokens:read',
  'tokens:write',
  'channels:read',
  'channels:write',
  'log:read',
  /** Giving the log a new key, and saying that an alarm was looked into. */
  'log:write',
  /** Erasing the bodies of runs. */
  'bodies:erase',
  /** Erasures, retention and holds, and what they keep from one another. */
  'retention:read',
  'holds:write',
  /** Accepting and rejecting what MCP targets say of their tools. */
  'definitions:decide',
] as const;
export type Scope = (typeof SCOPES)[number];

/** What each role may. An approver sees the requests that wait for them, and of a run what was asked and decided. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  admin: SCOPES,
  operator: [
    'overview:read',
    'approvals:answer',
    'approvals:read',
    'sessions:read',
    'sessions:end',
    'targets:read',
    'targets:check',
    'configuration:read',
    'grants:read',
    'grants:revoke',
    'channels:read',
    'log:read',
    'retention:read',
    'definitions:decide',
  ],
  auditor: [
    'overview:read',
    'approvals:read',
    'sessions:read',
    'recordings:read',
    'targets:read',
    'configuration:read',
    'grants:read',
    'people:read',
    'tokens:read',
    'channels:read',
    'log:read',
    'retention:read',
  ],
  approver: ['overview:read', 'approvals:answer', 'sessions:read', 'targets:read', 'log:read', 'definitions:decide'],
};

/** A human who logged in: approver, auditor, operator, administrator. */
export interface Person {
  readonly id: PersonId;
  /** As people know them; unique among the people of one issuer. */
  readonly login: string;
  readonly name?: string;
  readonly email?: string;
  /** Of the login provider's claims, and those given here. */
  readonly groups: readonly string[];
  readonly roles: readonly Role[];
  /** Names under which CI systems and channels know them (`github:octocat`, `slack:U024BE7LH`, an address). */
  readonly handles: readonly string[];
}
