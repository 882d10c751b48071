import type { Role } from '../../api/types.ts';

/** What each role is for, in a sentence. */
export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  admin: 'May do everything here, and changes who may.',
  operator: 'Sees what happens, checks targets, ends sessions; changes no rule and reads no recording.',
  auditor: 'Reads everything, recordings included; changes nothing.',
  approver: 'Sees and answers what waits for their own groups.',
};

export const ROLES = Object.keys(ROLE_WORDS) as readonly Role[];
