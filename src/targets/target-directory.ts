import { Fault } from '../model/fault.ts';
import type { TargetName } from '../model/ids.ts';
import type { Credential, Target } from '../model/target.ts';
import { type Declarations, readDeclarations } from '../store/configuration-rows.ts';
import { reloadOn } from '../store/reload-on.ts';
import type { Store } from '../store/store.ts';
import { credentialBinding, parseCredential, resolveCredential } from './credential.ts';
import type { Sealer } from './sealing.ts';
import type { SecretReader } from './secret-source.ts';

/** The targets in force, and their credentials for the moment of connecting. */
export interface TargetDirectory extends Disposable {
  get(name: string): Target | undefined;
  list(): readonly Target[];
  /**
   * Opens and fetches a target's credential. Throws a `Fault` of code `config-invalid` where it does not open or its
   * source has nothing. Takes the target that a session was admitted to: were it pointed elsewhere meanwhile, the
   * credential would not open for the old address.
   */
  credential(target: Target): Promise<Credential>;
  /** Reads the configuration again; called when the store says that it changed. */
  reload(): Promise<void>;
}

export interface TargetDirectoryOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly secrets: SecretReader;
  /** Told when a changed configuration cannot be read; the one before stays in force. */
  readonly onFault: (cause: unknown) => void;
}

export async function openTargetDirectory(options: TargetDirectoryOptions): Promise<TargetDirectory> {
  const { store, sealer, secrets } = options;
  let targets: ReadonlyMap<string, Target> = new Map();
  let sealed: ReadonlyMap<string, string> = new Map();
  const reload = async () => {
    const rows: Declarations = await readDeclarations(store);
    targets = new Map(rows.targets.map(({ name, declaration }) => [name, JSON.parse(declaration) as Target]));
    sealed = new Map(rows.credentials.map((row) => [row.target, row.sealed]));
  };
  const unwatch = reloadOn(store, 'configuration', reload, options.onFault);
  await reload();
  return {
    get: (name) => targets.get(name),
    list: () => [...targets.values()],
    async credential(target) {
      const text = sealed.get(target.name satisfies TargetName);
      if (text === undefined) throw new Fault('config-invalid', `the target ${target.name} has no credential`);
      return resolveCredential(parseCredential(sealer.open(text, credentialBinding(target))), secrets);
    },
    reload,
    [Symbol.dispose]: unwatch,
  };
}
