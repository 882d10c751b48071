import { randomBytes } from 'node:crypto';
import type { Target } from '../model/target.ts';
import { approvalServices } from './approval-services.ts';
import { grantServices } from './grant-services.ts';
import { ListenerPlaces } from './listener-places.ts';
import { openLiveFeed } from './live-sources.ts';
import type { ApiParts } from './open-api.ts';
import { recordingService } from './recordings.ts';
import type { ApiServices, TargetView } from './services.ts';
import { checkTarget } from './target-check.ts';

export interface Surroundings {
  /** Ends something with the API. */
  readonly defer: (end: () => void) => void;
  readonly onFault: (fault: unknown) => void;
}

/** What the routes need, made of the gateway's parts. */
export function servicesOf(parts: ApiParts, { defer, onFault }: Surroundings): Omit<ApiServices, 'info'> {
  const { store, audit, log, grants, targets, configuration, logins, nowMs } = parts;
  const { directory } = log;
  const listeners = new ListenerPlaces();
  const approvals = approvalServices({ ...parts, directory });
  const feed = openLiveFeed({
    ...parts,
    maySeeApproval: approvals.maySee,
    places: listeners,
    epoch: randomBytes(4).toString('hex'),
    onFault,
  });
  defer(() => feed[Symbol.dispose]());
  return {
    ...grantServices({
      store,
      grants,
      audit,
      target: (name) => targets.get(name),
      reach: parts.reach,
      certificateAuthority: parts.certificateAuthority,
      nowMs,
    }),
    readiness: async () => [
      ...(parts.draining.aborted ? ['draining'] : []),
      ...(log.fault ? ['log'] : []),
      ...(await store
        .read((db) => db.selectFrom('deployment').select('id').execute())
        .then(
          () => [],
          () => ['store'],
        )),
    ],
    logins,
    targets: {
      list: () => Promise.resolve(targets.list().map(targetView)),
      check: async (name, signal) => {
        const target = targets.get(name);
        const credential = (of: Target) => targets.credential(of);
        return target && checkTarget(target, { credential, connect: parts.connect }, signal);
      },
    },
    configuration: {
      plan: (files) => configuration.plan(files),
      apply: async (files, digest, by) => {
        const plan = await configuration.apply(files, digest, by);
        await parts.reload();
        return plan;
      },
    },
    recordings: recordingService({ ...parts, directory, onActivity: (id, listener) => audit.onActivity(id, listener) }),
    approvals,
    feed,
    listeners,
    audit,
    nowMs,
  };
}

function targetView(target: Target): TargetView {
  const { name, protocol, address, database, tls, labels, classified, recordMode } = target;
  return {
    name,
    protocol,
    address: `${address.host}:${address.port}`,
    tls: tls.mode,
    labels,
    classified: classified.map(({ schema, table, column, class: of }) => ({
      column: `${schema}.${table}.${column}`,
      class: of,
    })),
    recordMode,
    ...(database === undefined ? {} : { database }),
  };
}
