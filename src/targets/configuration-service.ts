import { Fault } from '../model/fault.ts';
import { readDeclarations, writeDeclarations } from '../store/configuration-rows.ts';
import { type Plan, planApply } from './plan-apply.ts';
import {
  type ConfigurationServiceOptions,
  configurationOf,
  desiredOf,
  entriesOf,
  type Named,
  type NamedRule,
  rowOf,
} from './prepare-configuration.ts';
import { type ConfigurationFile, readConfiguration } from './read-configuration.ts';

export interface ConfigurationService {
  /** What applying these files would change. Throws `ConfigurationInvalid` that says where and why. */
  plan(files: readonly ConfigurationFile[]): Promise<Plan>;
  /** Applies the plan with this digest, all of it or nothing; throws where it would be another one by now. */
  apply(files: readonly ConfigurationFile[], digest: string, by: string): Promise<Plan>;
}

export function makeConfigurationService<Issuer extends Named, Rule extends NamedRule>(
  options: ConfigurationServiceOptions<Issuer, Rule>,
): ConfigurationService {
  const { store, sealer, record, now } = options;
  const prepare = async (files: readonly ConfigurationFile[]) => {
    const current = await readDeclarations(store);
    const desired = desiredOf(readConfiguration(files), current, options);
    const plan = planApply(configurationOf(current), entriesOf(desired, sealer));
    return { current, desired, plan };
  };
  return {
    plan: async (files) => (await prepare(files)).plan,
    async apply(files, digest, by) {
      const { current, desired, plan } = await prepare(files);
      if (plan.digest !== digest) {
        throw new Fault(
          'config-invalid',
          'this is not the plan that was shown: the configuration or the files changed',
        );
      }
      if (plan.changes.length === 0) return plan;
      await record(plan.changes, by);
      const rows = plan.changes.map((change) => rowOf(change, desired, sealer));
      await writeDeclarations(store, rows, { version: current.version, now: new Date(now()).toISOString() });
      return plan;
    },
  };
}
