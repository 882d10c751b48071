import type { ClusterObject } from './objects-double.ts';

/** A double of the server's tables (Kubernetes, "Receiving resources as Tables"): two columns for most, five for pods. */
export function tableOf(
  resource: string,
  objects: readonly ClusterObject[],
  includes: string,
  resourceVersion?: string,
): object {
  const columns =
    resource === 'pods' ? ['Name', 'Ready', 'Status', 'Restarts', 'Age'] : (COLUMNS[resource] ?? ['Name', 'Age']);
  const rows = objects.map((object) => ({
    cells: columns.map((column) => cellOf(column, object)),
    ...(includes === 'None' ? {} : { object: includes === 'Object' ? object : partial(object) }),
  }));
  const only = objects.length === 1 ? objects[0]?.metadata['resourceVersion'] : undefined;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: resourceVersion ?? only ?? '' },
    columnDefinitions: columns.map((name) => ({
      name,
      type: TYPES[name] ?? 'string',
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: 0,
    })),
    rows,
  };
}

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  configmaps: ['Name', 'Data', 'Age'],
  secrets: ['Name', 'Type', 'Data', 'Age'],
};
const TYPES: Readonly<Record<string, string>> = { Restarts: 'integer', Data: 'integer' };

function cellOf(column: string, object: ClusterObject): string | number {
  switch (column) {
    case 'Name':
      return object.metadata.name;
    case 'Ready':
      return '1/1';
    case 'Status':
      return 'Running';
    case 'Restarts':
      return 0;
    case 'Type':
      return 'Opaque';
    case 'Data':
      return Object.keys(object['data'] ?? {}).length;
    default:
      return '1m';
  }
}

function partial({ metadata }: ClusterObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}
