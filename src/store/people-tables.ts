/** The tables of people and of how they log in. Every secret is kept as its SHA-256, base64, and nothing else of it. */
export interface PeopleTables {
  people: PeopleTable;
  browser_sessions: BrowserSessionsTable;
  login_attempts: LoginAttemptsTable;
  device_logins: DeviceLoginsTable;
  first_logins: FirstLoginsTable;
}

export interface PeopleTable {
  id: string;
  /** With the subject: who the login provider says it is. `local` for an administrator of a one-time link. */
  issuer: string;
  subject: string;
  login: string;
  name: string | null;
  email: string | null;
  /** JSON lists: what the provider's claims say as of the last login, and what was given here. */
  claimed_groups: string;
  local_groups: string;
  claimed_roles: string;
  local_roles: string;
  claimed_handles: string;
  local_handles: string;
  created_at: string;
  last_seen_at: string | null;
  disabled_at: string | null;
  /** Counts what was changed here from 1. */
  version: number;
}

export interface BrowserSessionsTable {
  hash: string;
  person_id: string;
  created_at: string;
  seen_at: string;
  /** However busy it is. */
  expires_at: string;
  user_agent: string;
}

/** A way to the provider that was begun: its state is used up by the way back. */
export interface LoginAttemptsTable {
  state_hash: string;
  return_to: string;
  expires_at: string;
}

/** RFC 8628. */
export interface DeviceLoginsTable {
  device_hash: string;
  user_code_hash: string;
  /** What the client says of itself, and where it called from. */
  name: string;
  address: string;
  state: 'pending' | 'approved' | 'denied' | 'used';
  person_id: string | null;
  requested_at: string;
  expires_at: string;
  polled_at: string | null;
}

export interface FirstLoginsTable {
  hash: string;
  expires_at: string;
  used_at: string | null;
}
