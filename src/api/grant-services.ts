import { setTimeout } from 'node:timers/promises';
import type { AuditLog } from '../audit/recorder.ts';
import type { Carriers } from '../gateway/carriers.ts';
import type { GrantListing } from '../grants/grant-records.ts';
import type { Exchanged, GrantService } from '../grants/grant-service.ts';
import type { RunAttachments } from '../grants/run-attachments.ts';
import type { TrustDirectory } from '../identity/trust-directory.ts';
import type { GrantId, RunId, TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { OWN_NAME, OWN_TARGET } from '../model/own-target.ts';
import { Refused } from '../model/refusal.ts';
import { sshFingerprint } from '../model/ssh-key.ts';
import type { Target } from '../model/target.ts';
import { consumeProof } from '../store/proof-rows.ts';
import { listSessions } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import { CarriersOfRuns } from './carriers-of-runs.ts';
import type { EvidenceTickets } from './evidence-tickets.ts';
import type { GrantHolder, IssuedGrant, ServerOffers, TokenExchange } from './grant-views.ts';
import { issuedGrant } from './issued-grant.ts';
import { namedResource } from './named-resource.ts';
import { RefusedLogins } from './refused-logins.ts';
import type { ApiServices, GrantView } from './services.ts';

export interface GrantServicesParts {
  readonly tickets: Pick<EvidenceTickets, 'issue'>;
  /** What a run may ask people for. */
  readonly trust: Pick<TrustDirectory, 'requestable'>;
  readonly store: Store;
  readonly grants: GrantService;
  readonly audit: AuditLog;
  readonly target: (name: string) => Target | undefined;
  /** Where clients of a protocol reach this gateway. */
  readonly reach: (protocol: string) => { readonly host: string; readonly port: number } | undefined;
  /** PEM of the authority that clients must trust; undefined where it is a public one. */
  readonly certificateAuthority: string | undefined;
  /** True where there is the gateway's own MCP server. */
  readonly own: boolean;
  /** Programs that wrappers of runs would start. */
  readonly offered: ServerOffers;
  /** Where connections of a protocol go that come inside a WebSocket. */
  readonly carriers: (protocol: string) => Pick<Carriers<never, never>, 'checkRoom' | 'serve'> | undefined;
  readonly attachments: Pick<RunAttachments, 'attach'>;
  /** A certificate by which an SSH key proves a grant until then, ms since 1970; a line as in `id_ed25519-cert.pub`. */
  readonly certifySsh: (key: Buffer, grant: string, untilMs: number) => string;
  readonly onFault: (fault: unknown) => void;
  readonly nowMs: () => number;
}

/** The API's side of grants: tokens, runs, carriers, administration. */
export function grantServices(
  parts: GrantServicesParts,
): Pick<
  ApiServices,
  | 'exchange'
  | 'exchangeForPerson'
  | 'resource'
  | 'renew'
  | 'closeRun'
  | 'openCarrier'
  | 'attachRun'
  | 'offerServer'
  | 'grants'
> {
  const { grants, audit, store } = parts;
  return {
    resource: (indicator) => {
      const reach = parts.reach('http');
      return reach && namedResource(indicator, reach);
    },
    async exchange({ token, ...request }) {
      const exchanged = await grants.exchange({ token, ...wanted(request) }, AbortSignal.timeout(15_000));
      return certified(await opened(exchanged, parts), request, exchanged, parts);
    },
    async exchangeForPerson(person, request) {
      const exchanged = await grants.exchangeForPerson(person, wanted(request));
      return certified(await opened(exchanged, parts), request, exchanged, parts);
    },
    async renew(presented) {
      const { holder } = await held(presented, parts);
      return issuedGrant(await grants.renew(holder), holder.secret, parts);
    },
    async closeRun(run, presented, asserted) {
      const ready = async () => {
        await useProof(presented, run, parts);
        await grants.assertAtEnd(run as RunId, asserted);
        await sessionsOver(store, run);
      };
      const closed = await grants.closeOwnRun(run, holderOf(presented), 'completed', ready);
      if (closed) await audit.closeRun(run as RunId, 'completed');
      return parts.tickets.issue(run);
    },
    ...carrying(parts),
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
      takeBack: async (grant, target, by) => {
        const run = await grants.takeBack(grant as GrantId, target as TargetName);
        if (run === undefined) return false;
        await audit.note({ kind: 'access.revoked', detail: { grant, run, target, by } });
        return true;
      },
    },
  };
}

/** What needs the key of a grant, and not only its secret. */
function carrying(parts: GrantServicesParts): Pick<ApiServices, 'openCarrier' | 'attachRun' | 'offerServer'> {
  const { grants, attachments } = parts;
  const refusedLogins = new RefusedLogins(parts);
  const ofRuns = new CarriersOfRuns();
  return {
    async openCarrier(presented, name) {
      // What is no target's has the name that no target can have.
      const place = name === OWN_NAME;
      const { holder, principal } = await held(presented, parts, place ? undefined : (name as TargetName));
      const target = place ? OWN_TARGET : parts.target(name);
      const carriers = target && parts.carriers(target.protocol);
      if (!carriers)
        throw new Refused({ code: 'target-unknown', message: 'Connections to this target are not carried.' });
      carriers.checkRoom();
      const { id: grant, keyThumbprint, run } = principal.grant;
      if (keyThumbprint === undefined) throw unbound();
      ofRuns.checkRoom(run);
      const about = { grant, run, target: target.name };
      const onRefused = (refused: Refused): void => refusedLogins.note(about, refused);
      const carried = { grant: holder.id as GrantId, keyThumbprint, target: target.name, place, onRefused };
      return {
        serve: (stream, login) => ofRuns.during(run, carriers.serve(stream, { ...carried, ...login })),
      };
    },
    async offerServer(run, name, presented) {
      const { principal } = await held(presented, parts, name as TargetName);
      if (principal.run.id !== run) throw ofAnotherRun();
      if (principal.grant.keyThumbprint === undefined) throw unbound();
      const target = parts.target(name);
      if (target?.mcp?.transport.kind !== 'run') {
        throw new Refused({ code: 'target-unknown', message: `${name} is no MCP server that a run starts.` });
      }
      if (!parts.offered.hasRoom(principal.run.id, target.name)) {
        throw new Refused({ code: 'connection-limit', message: 'As many servers of this target wait as are kept.' });
      }
      return { serve: (stream) => parts.offered.offer(principal.run.id, target.name, stream) };
    },
    async attachRun(run, presented) {
      const { principal } = await held(presented, parts);
      if (principal.run.id !== run) throw ofAnotherRun();
      if (principal.grant.keyThumbprint === undefined) throw unbound();
      const attached = await attachments.attach(principal.run.id);
      const onOver = (listener: () => void) =>
        grants.onRevoked((grant) => {
          if (grant === principal.grant.id) listener();
        });
      return { lost: () => attached.lost(), onOver };
    },
  };
}

/** The holder of a grant that is good and, where the request needs it, for this target; their proof is used up. */
async function held(presented: GrantHolder, parts: GrantServicesParts, target?: TargetName) {
  const holder = holderOf(presented);
  const { principal } = await parts.grants.authenticateHolder(holder, target);
  await useProof(presented, principal.run.id, parts);
  return { holder, principal };
}

function holderOf({ grant, secret, proof }: GrantHolder) {
  return { id: grant, secret, ...(proof ? { keyThumbprint: proof.keyThumbprint } : {}) };
}

/** After the grant was found good: who holds none writes nothing here. */
async function useProof({ proof }: GrantHolder, run: string, { store, nowMs }: GrantServicesParts): Promise<void> {
  if (proof === undefined) return;
  if (await consumeProof(store, proof, run, new Date(nowMs()).toISOString())) return;
  throw new Refused({ code: 'claim-replayed', message: 'This proof of the key (DPoP) was used before.' });
}

function ofAnotherRun(): Refused {
  return new Refused({ code: 'claim-invalid', message: 'The grant belongs to another run.' });
}

function unbound(): Refused {
  const message = 'This needs a grant that is bound to a key.';
  return new Refused({ code: 'claim-invalid', message, hint: 'Exchange the token with a proof of one (RFC 9449).' });
}

/** With a certificate for the SSH key that was asked for one. */
function certified(
  issued: IssuedGrant,
  { sshKey }: Pick<TokenExchange, 'sshKey'>,
  { grant }: Exchanged,
  { certifySsh }: GrantServicesParts,
): IssuedGrant {
  if (sshKey === undefined) return issued;
  return { ...issued, sshCertificate: certifySsh(sshKey, grant.id, Date.parse(grant.expiresAt)) };
}

function wanted({ targets, asserted, proof, resource, sshKey }: Omit<TokenExchange, 'token'>) {
  return {
    ...(sshKey === undefined ? {} : { sshKey: sshFingerprint(sshKey) }),
    ...(resource === undefined ? {} : { resource }),
    requestedTargets: targets,
    asserted,
    ...(proof === undefined ? {} : { keyThumbprint: proof.keyThumbprint }),
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
  return issuedGrant(grant, secret, parts);
}

function grantView({ grant, rules, display, state, given }: GrantListing): GrantView {
  const { id, run, targets, issuedAt, expiresAt } = grant;
  return { id, run, principal: display, targets, rules, issuedAt, expiresAt, state, given };
}
