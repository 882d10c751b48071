import { setTimeout } from 'node:timers/promises';
import type { AuditLog } from '../audit/recorder.ts';
import type { Exchanged, GrantListing, GrantService } from '../grants/grant-service.ts';
import type { RunId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { Grant } from '../model/principal.ts';
import { Refused } from '../model/refusal.ts';
import type { Secret } from '../model/secret.ts';
import type { Target } from '../model/target.ts';
import { findRun } from '../store/run-rows.ts';
import { listSessions } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import type { ApiServices, GrantView, IssuedGrant } from './services.ts';

export interface GrantServicesParts {
  readonly store: Store;
  readonly grants: GrantService;
  readonly audit: AuditLog;
  readonly target: (name: string) => Target | undefined;
  /** Where clients of a protocol reach this gateway. */
  readonly reach: (protocol: string) => { readonly host: string; readonly port: number } | undefined;
  /** PEM of the authority that clients must trust; undefined where it is a public one. */
  readonly certificateAuthority: string | undefined;
  readonly nowMs: () => number;
}

/** The API's side of grants: tokens, runs, administration. */
export function grantServices(
  parts: GrantServicesParts,
): Pick<ApiServices, 'exchange' | 'exchangeForPerson' | 'renew' | 'closeRun' | 'grants'> {
  const { grants, audit, store } = parts;
  return {
    async exchange({ token, targets, asserted }) {
      const request = { token, requestedTargets: targets, asserted };
      return opened(await grants.exchange(request, AbortSignal.timeout(15_000)), parts);
    },
    async exchangeForPerson(person, { targets, asserted }) {
      return opened(await grants.exchangeForPerson(person, { requestedTargets: targets, asserted }), parts);
    },
    async renew({ grant, secret }) {
      return issued(await grants.renew({ id: grant, secret }), secret, parts);
    },
    async closeRun(run, { grant, secret }) {
      const holder = { id: grant, secret };
      const closed = await grants.closeOwnRun(run, holder, 'completed', () => sessionsOver(store, run));
      if (closed) await audit.closeRun(run as RunId, 'completed');
    },
    grants: {
      list: async ({ run, active, limit }) => {
        const found = await grants.list({
          limit,
          ...(run === undefined ? {} : { run: run as RunId }),
          ...(active === undefined ? {} : { active }),
        });
        return found.map(grantView);
      },
      revoke: async (grant, by) => {
        const revoked = await grants.revoke(grant, by);
        if (revoked) await audit.note({ kind: 'grant.revoked', detail: { grant, by } });
        return revoked;
      },
    },
  };
}

/**
 * What ends with its run a moment after it ended by itself would stand in the record as revoked: the last words of its
 * clients may still be on their way. Resolves when no session of the run is open, and after `LIMITS.runCloseGraceMs`.
 */
async function sessionsOver(store: Store, run: string): Promise<void> {
  const deadline = performance.now() + LIMITS.runCloseGraceMs;
  while ((await listSessions(store, { run, open: true, limit: 1 })).length > 0 && performance.now() < deadline) {
    await setTimeout(LOOK_EVERY_MS);
  }
}

const LOOK_EVERY_MS = 20;

/** The run in the log before its grant is anybody's. */
async function opened({ run, grant, secret, evidence }: Exchanged, parts: GrantServicesParts): Promise<IssuedGrant> {
  try {
    await parts.audit.openRun(run, evidence);
  } catch {
    // The log cannot take it, so the grant must not stand; what broke is the log's own to tell.
    await parts.grants.revoke(grant.id, 'the run could not be recorded');
    throw new Refused({
      code: 'record-unavailable',
      message: 'The run could not be recorded, so it was not opened.',
    });
  }
  return issued(grant, secret, parts);
}

async function issued(grant: Grant, secret: Secret, parts: GrantServicesParts): Promise<IssuedGrant> {
  const run = await findRun(parts.store, grant.run);
  const targets = grant.targets.flatMap((name) => {
    const target = parts.target(name);
    const reach = target && parts.reach(target.protocol);
    return target && reach ? [{ name, protocol: target.protocol, ...reach, database: name }] : [];
  });
  return {
    grant: grant.id,
    secret,
    run: grant.run,
    display: run?.display ?? '',
    expiresInSeconds: Math.max(0, Math.floor((Date.parse(grant.expiresAt) - parts.nowMs()) / 1000)),
    targets,
    ...(parts.certificateAuthority === undefined ? {} : { certificateAuthority: parts.certificateAuthority }),
  };
}

function grantView({ grant, rules, display, state }: GrantListing): GrantView {
  const { id, run, targets, issuedAt, expiresAt } = grant;
  return { id, run, principal: display, targets, rules, issuedAt, expiresAt, state };
}
