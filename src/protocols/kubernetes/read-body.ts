import type { JsonValue } from '../../model/http.ts';
import type { KubernetesFacts } from '../../model/kubernetes.ts';
import type { Refusal } from '../../model/refusal.ts';
import { strictJson } from '../http/inspect/strict-json.ts';
import { type ProtobufObject, protobufObject } from './protobuf/protobuf-object.ts';
import { strictYaml } from './strict-yaml.ts';

/** What a body says. `unknown` where it may mean two things; `refusal` where nothing of its kind is carried. */
export type ReadObject =
  | {
      readonly object: JsonValue;
      readonly patch?: KubernetesFacts['patch'];
      /** Of what came as such. */
      readonly protobuf?: ProtobufObject;
    }
  | { readonly refusal: Refusal; readonly status: number };

/** Objects are nested deeper, and definitions of resources are longer, than what other APIs are sent. */
const BOUNDS = { maxDepth: 200, maxValues: 200_000 };

/** The body of a request for a resource, by its media type (Kubernetes, "API Concepts"; "Resource encoding"). */
export function readObject(mediaType: string, verb: string, bytes: Buffer): ReadObject {
  if (mediaType === PROTOBUF && verb !== 'patch') return ofProtobuf(bytes);
  const patch = PATCHES[mediaType];
  if (verb === 'patch' && patch === undefined) return notCarried(mediaType, 'patches');
  if (verb !== 'patch' && !OBJECTS.has(mediaType)) return notCarried(mediaType, 'objects');
  const text = textOf(bytes);
  if (text === undefined) return malformed('it is not UTF-8');
  const how = patch === undefined ? {} : { patch };
  const isJson = /^\s*[[{]/.test(text);
  if (!isJson && mediaType.endsWith('yaml')) return { object: strictYaml(text, BOUNDS), ...how };
  const read = strictJson(text, BOUNDS);
  return 'why' in read ? malformed(read.why) : { object: read.value, ...how };
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** kubectl from 1.32 on creates so: of built-in kinds it is the object that JSON would be, of others only what it is called. */
function ofProtobuf(bytes: Buffer): ReadObject {
  const protobuf = protobufObject(bytes);
  return protobuf === undefined
    ? malformed('it is no protobuf of Kubernetes')
    : { object: protobuf.json ?? 'unknown', protobuf };
}

const PATCHES: Readonly<Record<string, NonNullable<KubernetesFacts['patch']>>> = {
  'application/apply-patch+yaml': 'apply',
  'application/merge-patch+json': 'merge',
  'application/json-patch+json': 'json',
  'application/strategic-merge-patch+json': 'strategic',
};

/** Without a type it is JSON to the server. */
const OBJECTS: ReadonlySet<string> = new Set(['', 'application/json', 'application/yaml']);

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Not UTF-8, which is the answer.
    return undefined;
  }
}

function malformed(why: string): ReadObject {
  const message = `the object in the request could be read in two ways: ${why}`;
  return { refusal: { code: 'protocol-malformed', message }, status: 400 };
}

function notCarried(mediaType: string, what: string): ReadObject {
  const type = /^[a-z0-9.+/-]{1,100}$/.test(mediaType) ? mediaType : 'of this type';
  return {
    refusal: {
      code: 'protocol-unsupported',
      message: `${what} are read as JSON or YAML here, and not as ${type}`,
      hint: 'Clients that speak protobuf or CBOR have a setting for JSON: `ContentType: application/json` of client-go.',
    },
    status: 415,
  };
}
