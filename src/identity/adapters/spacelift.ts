import { LIMITS } from '../../model/limits.ts';
import type { Derived, IssuerAdapter, Reading } from './adapter.ts';

const PROPOSED = 'proposed';

/**
 * Spacelift, by an account's own issuer. Two spaces may have the same slug, and with it the same subject: the stack or
 * module is what names a job. Its slug can be given again, so a rule says that it takes it for an identity. The audience
 * is the account's host for every receiver, and the token is made when the run begins.
 */
export const spacelift: IssuerAdapter = {
  kind: 'spacelift',
  label: 'Spacelift',
  algorithms: ['RS256'],
  maxAgeSeconds: LIMITS.tokenMaxLifetimeSeconds,
  address: {
    shapes: [],
    hosts: [/\.spacelift\.(?:io|dev)$/],
    example: 'https://ACCOUNT.app.spacelift.io',
  },
  sharedAudience: (issuer) => new URL(issuer).hostname,
  runBinding: 'verified',
  claims: {
    required: {
      spaceId: 'extra.space',
      callerType: 'extra.caller_type',
      callerId: 'extra.caller',
      runType: 'trigger',
      runId: 'runId',
      scope: 'extra.scope',
    },
    optional: { spacePath: 'extra.space_path' },
    unused: [],
  },
  pins: [
    {
      fields: [],
      waiver: { name: 'mutable_identity', fields: ['workloadName'] },
      because: 'a stack is known by its slug alone, and a space by one that another space may share',
    },
  ],
  knownTraps: [PROPOSED],
  // What a pull request brought runs in these.
  traps: ({ trigger }) => (trigger === 'PROPOSED' || trigger === 'TESTING' ? [PROPOSED] : []),
  derive,
};

function derive({ issuer, text, workload: { runId = '' } }: Reading): Derived {
  const [type, caller = ''] = [text('callerType'), text('callerId')];
  const run = `${issuer.url}/stack/${encodeURIComponent(caller)}/run/${encodeURIComponent(runId)}`;
  return {
    workloadName: `${type}/${caller}`,
    runInvocationUri: type === 'stack' ? run : undefined,
    extra: { audience: 'shared' },
  };
}
