import { ATTRIBUTE } from './numbers.ts';
import { type Field, type FieldReader, MalformedSftp } from './packets.ts';

/** Attributes of a file as a packet carries them (draft, section 5); absent ones are not there. */
export interface Attributes {
  readonly size?: bigint;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** POSIX's mode, file type included where a server says it. */
  readonly permissions?: number;
  /** Seconds since 1970. */
  readonly times?: { readonly accessed: number; readonly modified: number };
}

/** Reads attributes; extended ones are read over. Throws `MalformedSftp`, also for flags that version 3 has not. */
export function readAttributes(reader: FieldReader): Attributes {
  const flags = reader.uint32();
  if ((flags & ~KNOWN) >>> 0 !== 0) throw new MalformedSftp(`attributes with the flags ${flags.toString(16)}`);
  const attributes: { -readonly [Name in keyof Attributes]: Attributes[Name] } = {};
  if (flags & ATTRIBUTE.size) attributes.size = reader.uint64();
  if (flags & ATTRIBUTE.owner) attributes.owner = { uid: reader.uint32(), gid: reader.uint32() };
  if (flags & ATTRIBUTE.permissions) attributes.permissions = reader.uint32();
  if (flags & ATTRIBUTE.times) attributes.times = { accessed: reader.uint32(), modified: reader.uint32() };
  if (flags & ATTRIBUTE.extended) skipExtended(reader);
  return attributes;
}

/** The fields that say them; extended ones are never sent on: nobody has decided what they do. */
export function attributeFields({ size, owner, permissions, times }: Attributes): readonly Field[] {
  const fields: Field[] = [];
  let flags = 0;
  if (size !== undefined) {
    flags |= ATTRIBUTE.size;
    fields.push(size);
  }
  if (owner !== undefined) {
    flags |= ATTRIBUTE.owner;
    fields.push(owner.uid, owner.gid);
  }
  if (permissions !== undefined) {
    flags |= ATTRIBUTE.permissions;
    fields.push(permissions);
  }
  if (times !== undefined) {
    flags |= ATTRIBUTE.times;
    fields.push(times.accessed, times.modified);
  }
  return [flags, ...fields];
}

/** As people read them: `size 10, mode 644, owner 0:0, times …`; empty where there is none. */
export function attributeWords({ size, owner, permissions, times }: Attributes): readonly string[] {
  const words: string[] = [];
  if (size !== undefined) words.push(`size ${size}`);
  if (permissions !== undefined) words.push(`mode ${(permissions & 0o7777).toString(8)}`);
  if (owner !== undefined) words.push(`owner ${owner.uid}:${owner.gid}`);
  if (times !== undefined) words.push(`times ${times.accessed} ${times.modified}`);
  return words;
}

/** The bits that let a program run as its file's owner or group. */
const SET_ID = 0o6000;

/** What stands out in a change of attributes, for rules: `set-id`, `owner`. */
export function attributeFlags({ owner, permissions = 0 }: Attributes): readonly string[] {
  return [...((permissions & SET_ID) === 0 ? [] : ['set-id']), ...(owner === undefined ? [] : ['owner'])];
}

const KNOWN = ATTRIBUTE.size | ATTRIBUTE.owner | ATTRIBUTE.permissions | ATTRIBUTE.times | ATTRIBUTE.extended;

function skipExtended(reader: FieldReader): void {
  for (let left = reader.uint32(); left > 0; left--) {
    reader.string();
    reader.string();
  }
}
