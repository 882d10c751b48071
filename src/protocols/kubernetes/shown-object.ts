import { hash } from 'node:crypto';
import { stringify } from 'yaml';
import type { JsonValue } from '../../model/http.ts';
import { isObject } from './json-object.ts';

const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Numbers what is secret, so that people see what changes and not what it is. One for all objects that are compared. */
export class SecretMarks {
  readonly #known = new Map<string, number>();

  of(value: JsonValue): string {
    const key = JSON.stringify(value);
    const number = this.#known.get(key) ?? this.#known.size + 1;
    this.#known.set(key, number);
    return `[masked ${number}]`;
  }
}

/**
 * An object as people see it, as YAML: without what servers keep for themselves (who wrote which field, its version), and with
 * marks in place of what is secret by its kind.
 */
export function shownObject(object: JsonValue, isSecret: boolean, marks: SecretMarks): string {
  const plain = withoutBookkeeping(object);
  const shown = isSecret || (isObject(plain) && plain['kind'] === 'Secret') ? marked(plain, marks) : plain;
  return stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** What stands for an object in an approval: another where anything but its status and its bookkeeping is. */
export function objectDigest(object: JsonValue): string {
  const plain = withoutBookkeeping(object);
  const { status: _status, ...rest } = isObject(plain) ? plain : { value: plain };
  return hash('sha256', JSON.stringify(sorted(rest)), 'hex');
}

function withoutBookkeeping(object: JsonValue): JsonValue {
  if (!isObject(object) || !isObject(object['metadata'])) return object;
  const {
    managedFields: _fields,
    resourceVersion: _version,
    generation: _generation,
    ...metadata
  } = object['metadata'];
  const { annotations } = metadata;
  if (!isObject(annotations)) return { ...object, metadata };
  // It says again what stands there, or what stood there once.
  const { [APPLIED]: _applied, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}

function marked(value: JsonValue, marks: SecretMarks): JsonValue {
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, inner]): [string, JsonValue] => {
    if ((name !== 'data' && name !== 'stringData') || !isObject(inner)) return [name, inner];
    const values = Object.entries(inner).map(([key, one]): [string, JsonValue] => [key, marks.of(one)]);
    return [name, Object.fromEntries(values)];
  });
  return Object.fromEntries(members);
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((one: JsonValue) => sorted(one));
  if (!isObject(value)) return value;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(members.map(([name, inner]) => [name, sorted(inner)]));
}
