import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Family } from './family.ts';
import type { Sample } from './hot-histogram.ts';
import { familiesOf, type GatewayState } from './metric-families.ts';

export interface Metrics {
  readonly contentType: string;
  /** The text format of Prometheus, 0.0.4. What cannot be learned now is left out, and `chaperone_scrape_faults` counts it. */
  text(): Promise<string>;
}

/** Gauges that end as a counter must: the same figures stand under the same name without `_total`, by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Metrics of the gateway, with those of its process (CPU, memory, event loop). All of it is gathered when it is asked for. */
export function openMetrics(state: GatewayState): Metrics & Disposable {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return {
    contentType: registry.contentType,
    text: async () => {
      const [own, ofProcess] = await Promise.all([familiesOf(state), registry.metrics()]);
      return `${own.map(textOf).join('\n')}\n${ofProcess}`;
    },
    [Symbol.dispose]: () => registry.clear(),
  };
}

function textOf({ name, help, type, values }: Family): string {
  const lines = values.map(
    ({ metricName = name, labels, value }) => `${metricName}${labelText(labels)} ${numberText(value)}`,
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
}

function labelText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
