import type { JsonValue } from '../../model/http.ts';
import type { RequestInfo, ResourceInfo } from '../../model/kubernetes-request.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Target } from '../../model/target.ts';
import type { Said } from './inspect.ts';
import { at, isObject, textAt } from './json-object.ts';

/** True of Secrets, and of what a target declares to be like them. */
export function isSecretResource(
  { group, resource }: ResourceInfo,
  { kubernetes }: Pick<Target, 'kubernetes'>,
): boolean {
  if (group === '' && resource === 'secrets') return true;
  return kubernetes?.secretResources.includes(group === '' ? resource : `${group}/${resource}`) === true;
}

/**
 * Why a write to a Secret is not carried: it would put what nobody was shown where anybody is, find it out by trying, or put
 * what the gateway showed in place of a value where the value is.
 */
export function secretMistake(
  { resource }: RequestInfo,
  { object, patch, protobuf }: Said,
  target: Target,
): Refusal | undefined {
  if (resource === undefined || object === undefined || !isSecretResource(resource, target)) return undefined;
  if (protobuf !== undefined && MARKS.test(protobuf.shown)) return MASKED;
  if (object === 'unknown') return undefined;
  if (patch === 'json' && Array.isArray(object) && (object as readonly JsonValue[]).some(takesData)) return TAKES;
  return writesMask(object) ? MASKED : undefined;
}

/** RFC 6902, 4.4 to 4.6: `move` and `copy` take from where nobody sees, `test` says whether a guess was right. */
function takesData(operation: JsonValue): boolean {
  const op = textAt(operation, 'op') ?? '';
  if (op === 'add' || op === 'replace' || op === 'remove') return false;
  const from = (op === 'test' ? textAt(operation, 'path') : textAt(operation, 'from')) ?? '';
  // Of the root all is taken.
  return !/^\/(?:metadata\/(?:name|namespace|resourceVersion|uid|labels|generation)|type|immutable|kind|apiVersion)(?:\/|$)/.test(
    from,
  );
}

function writesMask(object: JsonValue): boolean {
  const values = Array.isArray(object)
    ? (object as readonly JsonValue[]).map((operation) => at(operation, 'value'))
    : [object];
  return values.some((value) => {
    if (typeof value === 'string') return isMark(value);
    if (!isObject(value)) return false;
    // What was applied last is compared with what is applied next: a mask in it would be taken for what was there.
    const applied = textAt(value, 'metadata', 'annotations', APPLIED) ?? '';
    return (
      [value, at(value, 'data'), at(value, 'stringData')].some(holdsMark) ||
      /\[redacted\]|W3JlZGFjdGVkXQ==/.test(applied)
    );
  });
}

function holdsMark(held: JsonValue | undefined): boolean {
  return isObject(held) && Object.values(held).some((text) => typeof text === 'string' && isMark(text));
}

const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What masks put in place of a value, as text or in base64. */
function isMark(text: string): boolean {
  return MARK.test(text) || MARK.test(Buffer.from(text, 'base64').toString('latin1'));
}

/** In an object whose values are as they are. */
const MARKS = /"(?:\[redacted\]|hash:[a-p]{16})"/;
const MARK = /^(?:\[redacted\]|hash:[a-p]{16})$/;

const TAKES: Refusal = {
  code: 'mask-impossible',
  message: 'a JSON patch of it copies, moves or tests what is secret in it',
  hint: 'Write the values themselves (`add`, `replace`), or send a merge patch.',
};
const MASKED: Refusal = {
  code: 'mask-impossible',
  message: 'it would write what stands for a masked value over the value',
  hint: 'Send only the keys that change: `kubectl patch`, or `kubectl apply` of your own text.',
};
