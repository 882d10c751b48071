import type { JsonValue } from '../../model/http.ts';
import { SECRET_VALUE } from '../../model/kubernetes.ts';
import type { RequestInfo } from '../../model/kubernetes-request.ts';
import { LIMITS } from '../../model/limits.ts';
import type { BodyMasker, MessageMasks } from '../../model/reply.ts';
import type { Target } from '../../model/target.ts';
import { fieldOf, mediaTypeOf } from '../http/forwarded-head.ts';
import { unmaskable } from '../http/mask/unmaskable.ts';
import type { ReplyHead } from '../http/message.ts';
import { answersObject } from './accept.ts';
import { isObject } from './json-object.ts';
import { JsonWalk, type JsonWatcher, type Level } from './json-walk.ts';
import { isSecretResource } from './secret-writes.ts';

/**
 * How replies about objects are masked: what is secret by its kind has a class of its own, wherever it stands, and what is
 * base64 is looked into. Undefined of a reply that holds no object, which is masked by its type.
 */
export function objectMaskOf(
  info: RequestInfo,
  target: Target,
): (head: ReplyHead) => ((masks: MessageMasks) => BodyMasker) | undefined {
  const { resource } = info;
  const holds = {
    secret: resource !== undefined && isSecretResource(resource, target),
    tokens:
      resource !== undefined && TOKENS.has(`${resource.group}/${resource.resource}/${resource.subresource ?? ''}`),
    certificate: resource?.group === 'certificates.k8s.io',
  };
  return ({ status, fields }) => {
    if (!answersObject(info)) return undefined;
    const mediaType = mediaTypeOf(fieldOf(fields, 'content-type'));
    if (mediaType === 'application/json') return (masks) => new ObjectMask(masks, holds);
    // Somebody before the server says in words that it is not there, say.
    if (mediaType.startsWith('text/') && status >= 400) return undefined;
    return () => {
      throw unmaskable('the server answers with objects in a form that is not looked into');
    };
  };
}

/** What answers with a token that lets somebody in. */
const TOKENS: ReadonlySet<string> = new Set(['/serviceaccounts/token', 'authentication.k8s.io/tokenreviews/']);

interface Holds {
  readonly secret: boolean;
  readonly tokens: boolean;
  readonly certificate: boolean;
}

/** Both of what a Secret holds; `binaryData` is a ConfigMap's. */
const DATA: ReadonlySet<string> = new Set(['data', 'stringData']);
/** In place of what is too long to be looked into. */
const MARK = JSON.stringify(Buffer.from('[redacted]').toString('base64'));
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

class ObjectMask implements BodyMasker {
  readonly #walk: JsonWalk;
  readonly #rest: BodyMasker;
  readonly #mended: JsonWalk;

  constructor(masks: MessageMasks, holds: Holds) {
    this.#walk = new JsonWalk(new ObjectWatcher(masks, holds), LIMITS.maxKubernetesValueBytes);
    this.#rest = masks.body('json');
    this.#mended = new JsonWalk(new Base64Watcher(holds), LIMITS.maxKubernetesValueBytes);
  }

  push(bytes: Buffer): Buffer {
    const walked = this.#walk.push(bytes);
    const masked = walked.length === 0 ? walked : this.#rest.push(walked);
    return masked.length === 0 ? masked : this.#mended.push(masked);
  }

  end(): Buffer {
    const walked = this.#walk.end();
    const masked = [walked.length === 0 ? walked : this.#rest.push(walked), this.#rest.end()];
    return Buffer.concat([this.#mended.push(Buffer.concat(masked)), this.#mended.end()]);
  }
}

/** What detectors put where base64 has to stand is put in base64: clients could not read the object else. */
class Base64Watcher implements JsonWatcher {
  readonly tooLong = MARK;
  readonly #holds: Holds;

  constructor(holds: Holds) {
    this.#holds = holds;
  }

  wants(level: Level): boolean {
    const form = formOf(level, this.#holds);
    return form === 'base64' || form === 'looked into';
  }

  seen(_level: Level, _token: string, text: string | undefined): string | undefined {
    if (text === undefined || decodedOf(text) !== undefined) return undefined;
    return JSON.stringify(Buffer.from(text).toString('base64'));
  }
}

class ObjectWatcher implements JsonWatcher {
  readonly tooLong = MARK;
  readonly #masks: MessageMasks;
  readonly #holds: Holds;

  constructor(masks: MessageMasks, holds: Holds) {
    this.#masks = masks;
    this.#holds = holds;
  }

  wants(level: Level): boolean {
    return level.next === APPLIED || formOf(level, this.#holds) !== undefined;
  }

  seen(level: Level, token: string, text: string | undefined): string | undefined {
    if (text !== undefined && level.isObject && level.next === APPLIED) return this.#applied(text);
    const form = formOf(level, this.#holds);
    if (form === undefined) return undefined;
    const now = form === 'looked into' ? this.#lookedInto(text) : this.#secret(text ?? token, form);
    return now === undefined ? undefined : JSON.stringify(now);
  }

  #secret(value: string, form: 'base64' | 'text'): string | undefined {
    const decoded = form === 'base64' ? decodedOf(value) : undefined;
    const bytes = decoded ?? Buffer.from(value);
    const masked = this.#masks.named('value', SECRET_VALUE, bytes) ?? this.#masks.words(bytes);
    if (masked === undefined) return undefined;
    return Buffer.from(masked).toString(decoded === undefined ? 'utf8' : 'base64');
  }

  #lookedInto(value: string | undefined): string | undefined {
    const decoded = value === undefined ? undefined : decodedOf(value);
    const masked = decoded && this.#masks.words(decoded);
    return masked?.toString('base64');
  }

  /** The object that was applied last, as JSON in a string. What cannot be read is masked whole, where it may be a Secret's. */
  #applied(text: string): string | undefined {
    const value = parsed(text);
    if (!isObject(value)) return this.#holds.secret ? JSON.stringify(this.#secret(text, 'text') ?? text) : undefined;
    if (!this.#holds.secret && value['kind'] !== 'Secret') return undefined;
    let changed = false;
    const mask = (inner: JsonValue, form: 'base64' | 'text'): JsonValue => {
      if (Array.isArray(inner)) return inner.map((one: JsonValue) => mask(one, form));
      if (isObject(inner)) return mapped(inner, (one) => mask(one, form));
      if (inner === null) return inner;
      const now = this.#secret(typeof inner === 'string' ? inner : JSON.stringify(inner), form);
      changed ||= now !== undefined;
      return now ?? inner;
    };
    const seen = Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        DATA.has(name) ? mask(inner, name === 'data' ? 'base64' : 'text') : inner,
      ]),
    );
    return changed ? JSON.stringify(JSON.stringify(seen)) : undefined;
  }
}

type Form = 'base64' | 'text' | 'looked into';

/** How the value that comes next is secret, or may be in base64. */
function formOf(level: Level, { secret, tokens, certificate }: Holds): Form | undefined {
  if (level.isObject && tokens && level.next === 'token') return 'text';
  if (level.isObject && certificate && level.next === 'certificate' && level.name === 'status') return 'base64';
  for (let one: Level | undefined = level; one !== undefined; one = one.above) {
    if (one.name === 'binaryData') return 'looked into';
    if (!DATA.has(one.name)) continue;
    if (secret || mayBeSecret(one.above)) return one.name === 'data' ? 'base64' : 'text';
  }
  return undefined;
}

/** In objects of resources that are defined, names come in the order of the alphabet: `data` before `kind`. */
function mayBeSecret(level: Level | undefined): boolean {
  return level !== undefined && (level.kind === 'Secret' || (level.kind === '' && level.version === 'v1'));
}

function mapped(value: { readonly [name: string]: JsonValue }, map: (one: JsonValue) => JsonValue): JsonValue {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, map(inner)]));
}

/** Undefined where it is no base64, and the text is what it says. */
function decodedOf(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // No JSON: nobody can say what in it is secret.
    return undefined;
  }
}
