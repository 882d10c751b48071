import { stringify } from 'yaml';
import type { AuditLog } from '../../audit/recorder.ts';
import { prepareMasks } from '../../masking/mask-plan.ts';
import { Fault } from '../../model/fault.ts';
import { compilePolicies } from '../../policy/compile-policies.ts';
import { parsePolicies } from '../../policy/parse-policies.ts';
import type { Policy } from '../../policy/policy.ts';
import type { PolicySet } from '../../policy/policy-set.ts';
import { policySetText } from '../../policy/policy-set-text.ts';
import { archivePolicySet, readDeclarations } from '../../store/configuration-rows.ts';
import { reloadOn } from '../../store/reload-on.ts';
import type { Store } from '../../store/store.ts';
import { fromYamlItem } from '../../targets/read-configuration.ts';

/** The policies in force. */
export interface PolicyDirectory extends Disposable {
  current(): PolicySet;
  /** Reads the configuration again; called when the store says that it changed. */
  reload(): Promise<void>;
}

export interface PolicyDirectoryOptions {
  readonly store: Store;
  readonly audit: AuditLog;
  readonly nowMs: () => number;
  /** Told when changed policies cannot be read; those before stay in force. */
  readonly onFault: (fault: unknown) => void;
}

/** Compiles the store's policies, and again whenever they change. A set is archived and in the log before it decides. */
export async function openPolicyDirectory(options: PolicyDirectoryOptions): Promise<PolicyDirectory> {
  const { store, audit, nowMs, onFault } = options;
  let set = compilePolicies([], options);
  let known: string | undefined;
  const load = async (): Promise<void> => {
    const { policies } = await readDeclarations(store);
    const text = stringify({ policies: policies.map((row) => fromYamlItem(row.text)) }, { lineWidth: 0 });
    if (text === known) return;
    const parsed = parsePolicies([{ path: 'the store', text }]);
    const [problem] = parsed.problems;
    if (problem) throw new Fault('config-invalid', `a stored policy cannot be read: ${problem.message}`);
    const next = compilePolicies(parsed.policies, options);
    const archived = { digest: next.digest, text: policySetText(parsed.policies) };
    await archivePolicySet(store, { ...archived, now: new Date(nowMs()).toISOString() });
    await audit.note({ kind: 'policy.activated', detail: { digest: next.digest, rules: parsed.policies.length } });
    await prepare(parsed.policies);
    set = next;
    known = text;
  };
  // One reading at a time, so that an older one never replaces a newer.
  let loading = Promise.resolve();
  const reload = (): Promise<void> => {
    const after = loading.catch(() => undefined /* Whoever asked for that one was told. */).then(load);
    loading = after;
    return after;
  };
  const unwatch = reloadOn(store, 'configuration', reload, onFault);
  await reload();
  return { current: () => set, reload, [Symbol.dispose]: unwatch };
}

/** What most decisions will mask by: each rule's classes, and those of all rules together. */
async function prepare(policies: readonly Policy[]): Promise<void> {
  const lists = policies.flatMap(({ mask }) => (mask === undefined ? [] : [[...mask].sort()]));
  const distinct = new Map([...lists, [...new Set(lists.flat())].sort()].map((list) => [list.join(), list]));
  for (const list of [...distinct.values()].slice(-MOST_PREPARED)) {
    prepareMasks(list);
    // Others have their turn in between.
    await new Promise(setImmediate);
  }
}

const MOST_PREPARED = 8;
