/** A double of what an API server keeps: objects with versions, and what becomes of them. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly [member: string]: unknown;
}

export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ClusterObject;
}

export class ObjectsDouble {
  readonly #objects = new Map<string, ClusterObject>();
  readonly #watchers = new Set<(place: string, event: ObjectEvent) => void>();
  #version = 100;

  get version(): string {
    return String(this.#version);
  }

  /** `place` is the path of the collection: `/api/v1/namespaces/default/pods`. */
  get(place: string, name: string): ClusterObject | undefined {
    return this.#objects.get(`${place}/${name}`);
  }

  /** Of all namespaces where the place has none; in the order of their keys, as etcd keeps them. */
  list(place: string): readonly ClusterObject[] {
    const keys = [...this.#objects.keys()].filter((key) => isIn(key, place)).toSorted();
    return keys.flatMap((key) => this.#objects.get(key) ?? []);
  }

  put(place: string, object: ClusterObject): ClusterObject {
    const key = `${place}/${object.metadata.name}`;
    const known = this.#objects.get(key);
    const namespace = /\/namespaces\/([^/]+)\//.exec(`${place}/`)?.[1];
    const metadata = {
      ...object.metadata,
      ...(namespace === undefined ? {} : { namespace }),
      uid: known?.metadata['uid'] ?? `00000000-0000-4000-8000-${String(this.#version).padStart(12, '0')}`,
      resourceVersion: String(++this.#version),
      creationTimestamp: known?.metadata['creationTimestamp'] ?? '2026-11-23T12:00:00Z',
    };
    const kept = { ...object, metadata };
    this.#objects.set(key, kept);
    this.#tell(place, { type: known === undefined ? 'ADDED' : 'MODIFIED', object: kept });
    return kept;
  }

  remove(place: string, name: string): ClusterObject | undefined {
    const known = this.get(place, name);
    if (known === undefined) return undefined;
    this.#objects.delete(`${place}/${name}`);
    this.#version++;
    this.#tell(place, { type: 'DELETED', object: known });
    return known;
  }

  /** Calls back with what happens to objects of a place from now on; what it returns stops that. */
  watch(place: string, listener: (event: ObjectEvent) => void): () => void {
    const heard = (where: string, event: ObjectEvent): void => {
      if (isIn(`${where}/${event.object.metadata.name}`, place)) listener(event);
    };
    this.#watchers.add(heard);
    return () => this.#watchers.delete(heard);
  }

  #tell(place: string, event: ObjectEvent): void {
    for (const watcher of this.#watchers) watcher(place, event);
  }
}

function isIn(key: string, place: string): boolean {
  const collection = key.slice(0, key.lastIndexOf('/'));
  return collection === place || collection.replace(/\/namespaces\/[^/]+\//, '/') === place;
}

/** RFC 7396; strategic merges and server-side apply come to the same here, but for lists. */
export function merged(value: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const result: Record<string, unknown> = { ...base };
  for (const [name, one] of Object.entries(patch)) {
    if (one === null) delete result[name];
    else result[name] = merged(result[name], one);
  }
  return result;
}
