export interface DeletedKey {
  readonly key: string;
  readonly isVersion: boolean;
}

/** What one request may delete (Amazon S3 API Reference, "DeleteObjects"). */
const MOST_KEYS = 1_000;

/**
 * The objects that a `Delete` document names. It is read as strictly as it is small: elements that are known, in the order
 * that they may have, with text in them; undefined for whatever else an XML parser might make something of.
 */
export function deletedKeys(bytes: Buffer): readonly DeletedKey[] | undefined {
  const text = textOf(bytes);
  const [, inside] = DOCUMENT.exec(text ?? '') ?? [];
  if (inside === undefined) return undefined;
  const keys: DeletedKey[] = [];
  let at = 0;
  for (const part of inside.matchAll(PART)) {
    at += part[0].length;
    const [, object] = part;
    if (object === undefined) continue;
    const found = keyOf(object);
    if (found === undefined || keys.length >= MOST_KEYS) return undefined;
    keys.push(found);
  }
  return at === inside.length && keys.length > 0 ? keys : undefined;
}

const DOCUMENT =
  /^(?:<\?xml version=["']1\.0["'](?: encoding=["']UTF-8["'])?\s*\?>)?\s*<Delete(?: xmlns=["'][A-Za-z0-9:/.-]*["'])?>([^]*)<\/Delete>\s*$/i;
// Each at the end of the one before, so that nothing is looked for twice.
const PART = /\s*(?:<Object>([^]*?)<\/Object>|<Quiet>(?:true|false)<\/Quiet>)\s*/gy;
const MEMBER = /\s*<(Key|VersionId|ETag|LastModifiedTime|Size)>([^<]*)<\/\1>\s*/gy;

function keyOf(object: string): DeletedKey | undefined {
  const members = new Map<string, string>();
  let at = 0;
  for (const member of object.matchAll(MEMBER)) {
    const [all, name = '', value = ''] = member;
    if (members.has(name)) return undefined;
    at += all.length;
    members.set(name, value);
  }
  const key = plain(members.get('Key') ?? '');
  return at === object.length && key !== undefined && key !== ''
    ? { key, isVersion: members.has('VersionId') }
    : undefined;
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** XML 1.0, 4.1 and 4.6. A reference that is none makes the whole unknown. */
function plain(text: string): string | undefined {
  let isSure = true;
  const found = text.replaceAll(/&([^;]{0,8});?/g, (all, name: string) => {
    const [, hex, decimal] = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name) ?? [];
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    const character = Object.hasOwn(NAMED, name)
      ? NAMED[name]
      : point <= 0x10_ff_ff
        ? String.fromCodePoint(point)
        : undefined;
    isSure &&= character !== undefined && all.endsWith(';');
    return character ?? '';
  });
  return isSure ? found : undefined;
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
