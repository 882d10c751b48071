import type { Sample } from './hot-histogram.ts';

/** One metric as it is read: in the text format its values stand below its help. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

export function one(
  name: string,
  type: Family['type'],
  help: string,
  value: number,
  labels: Sample['labels'] = {},
): Family {
  return family(name, type, help, [{ labels, value }]);
}

export function family(name: string, type: Family['type'], help: string, values: readonly Sample[]): Family {
  return { name, type, help, values };
}

export function byKey(counts: ReadonlyMap<string, number>, label: string, labels: Sample['labels']): readonly Sample[] {
  return [...counts].map(([key, value]) => ({ labels: { ...labels, [label]: key }, value }));
}
