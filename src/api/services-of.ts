import { randomBytes } from 'node:crypto';
import { classifiedName } from '../model/classified-name.ts';
import type { Target } from '../model/target.ts';
import type { InheritedClass } from '../targets/inherited-classes.ts';
import { approvalServices } from './approval-services.ts';
import { budgetServices } from './budget-services.ts';
import { classifyTargets } from './classify-target.ts';
import { definitionServices } from './definition-services.ts';
import { evidenceServices } from './evidence-services.ts';
import { grantServices } from './grant-services.ts';
import { hostKeyServices } from './host-key-services.ts';
import { ListenerPlaces } from './listener-places.ts';
import { openLiveFeed } from './live-sources.ts';
import { namesOf } from './log-names.ts';
import { logServices } from './log-services.ts';
import type { ApiParts } from './open-api.ts';
import { overviewService } from './overview-services.ts';
import { explainRequest } from './policy-explanation.ts';
import { replayPolicies } from './policy-replay.ts';
import { tryPolicies } from './policy-trial.ts';
import { recordingService } from './recordings.ts';
import { retentionServices } from './retention-services.ts';
import { runServices } from './run-services.ts';
import type { ApiServices, TargetView } from './services.ts';
import { checkTarget } from './target-check.ts';

export interface Surroundings {
  /** Ends something with the API. */
  readonly defer: (end: () => void) => void;
  readonly onFault: (fault: unknown) => void;
}

/** What the routes need, made of the gateway's parts. */
export function servicesOf(parts: ApiParts, { defer, onFault }: Surroundings): Omit<ApiServices, 'info'> {
  const { store, audit, log, targets, logins, nowMs, ssh } = parts;
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
  const names = (ids: readonly string[]) => namesOf(store, ids);
  const retention = retentionServices({ store, names, ...parts.retention });
  const recordings = recordingService({
    ...parts,
    erasedWords: (session) => retention.erasedWords(session),
    directory,
    onActivity: (session, listener) => audit.onActivity(session, listener),
  });
  const logging = logServices(log, names, nowMs);
  const evidence = evidenceServices(parts);
  const granting = grantServices({
    ...parts,
    tickets: evidence.tickets,
    target: (name) => targets.get(name),
    certifySsh: (...asked) => ssh.certify(...asked),
    onFault,
  });
  return {
    ...granting,
    ssh: { hostKey: ssh.hostKey, userAuthority: ssh.userAuthority },
    readiness: () => missing(parts),
    logins,
    onFault,
    targets: targetServices(parts),
    hostKeys: hostKeyServices(store),
    definitions: definitionServices(parts.definitions),
    classify: classifyTargets(parts),
    ...configuring(parts),
    trust: parts.trust,
    explainPolicies: (request) => explainRequest(request, { ...parts, directory }),
    replayPolicies: (request) => replayPolicies(request, { ...parts, directory }),
    tryPolicies: (request) => tryPolicies(request, { ...parts, directory, target: (name) => targets.get(name) }),
    recordings,
    approvals,
    budgets: budgetServices(parts),
    runs: runServices({ store, grants: granting.grants, recordings, approvals, retention, nowMs }),
    evidence,
    exports: parts.exports,
    metrics: parts.metrics,
    retention,
    log: logging,
    overview: overviewService({ ...parts, log: logging }),
    feed,
    listeners,
    channels: parts.channels.service,
    slack: parts.channels.slack,
    audit,
    nowMs,
  };
}

function targetServices({ targets, classes, connect }: ApiParts): ApiServices['targets'] {
  return {
    list: () => Promise.resolve(targets.list().map((target) => targetView(target, classes.list(target.name)))),
    removeInherited: (name, id) => classes.remove(name, id),
    check: async (name, signal) => {
      const target = targets.get(name);
      const credential = (of: Target) => targets.credential(of);
      return target && checkTarget(target, { credential, connect }, signal);
    },
  };
}

/** What is not ready, by name and in words. */
async function missing({ draining, log, store, closedPorts }: ApiParts): ReturnType<ApiServices['readiness']> {
  const asked = store.read((db) => db.selectFrom('deployment').select('id').execute());
  const lost = await asked.then(
    () => [],
    (cause: unknown) => [{ name: 'store', detail: cause instanceof Error ? cause.message : 'it does not answer' }],
  );
  return [
    ...(draining.aborted
      ? [{ name: 'draining', detail: 'the gateway is shutting down' }]
      : closedPorts().map((port) => ({ name: 'listener', detail: `the port for ${port} takes no connections` }))),
    ...(log.fault ? [{ name: 'log', detail: log.fault.message }] : []),
    ...lost,
  ];
}

/** Changes of the configuration count for this gateway before the answer leaves. */
function configuring({ configuration, configurationObjects, reload }: ApiParts) {
  return {
    configuration: {
      plan: (files) => configuration.plan(files),
      apply: async (files, digest, by) => {
        const plan = await configuration.apply(files, digest, by);
        await reload();
        return plan;
      },
    },
    configurationObjects: {
      ...configurationObjects,
      apply: async (change, by) => {
        const plan = await configurationObjects.apply(change, by);
        await reload();
        return plan;
      },
    },
  } satisfies Pick<ApiServices, 'configuration' | 'configurationObjects'>;
}

function targetView(target: Target, inherited: readonly InheritedClass[]): TargetView {
  const { name, protocol, address, database, tls, labels, classified, recordMode, mcp } = target;
  const isProgram = mcp?.transport.kind === 'stdio';
  const ofRun = mcp?.transport.kind === 'run';
  return {
    name,
    protocol,
    address: isProgram ? mcp.transport.command : ofRun ? 'a program of the run' : `${address.host}:${address.port}`,
    tls: tls.mode,
    labels,
    classified: classified.map((one) => ({ column: classifiedName(one), class: one.class })),
    inherited: inherited.map(({ id, schema, table, column, class: of, from, run, session, exchange, at }) => ({
      id,
      column: `${schema}.${table}.${column}`,
      class: of,
      from,
      run,
      session,
      exchange,
      at,
    })),
    recordMode,
    ...(database === undefined ? {} : { database }),
  };
}
