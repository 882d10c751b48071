import { type DescMessage, fromBinary, type JsonValue, type Message, type Registry, toJson } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';

/**
 * The fields of a message as JSON (ProtoJSON), by their names in the `.proto` file, fields without a value at their default.
 * Otherwise why they cannot be told: what is malformed, and what has a field that the descriptors do not know.
 */
export function messageFields(
  type: DescMessage,
  registry: Registry,
  payload: Uint8Array,
): { readonly value: JsonValue } | { readonly why: string } {
  let message: Message;
  try {
    message = fromBinary(type, payload);
  } catch {
    return { why: 'it is no message of its type' };
  }
  if (hasUnknown(reflect(type, message))) return { why: 'it has fields that the descriptors do not know' };
  try {
    return { value: toJson(type, message, { registry, ...JSON_FORM }) };
  } catch {
    return { why: 'a message of a type that the descriptors do not know is in it' };
  }
}

export const JSON_FORM = { useProtoFieldName: true, alwaysEmitImplicit: true } as const;

function hasUnknown(message: ReflectMessage): boolean {
  if ((message.getUnknown()?.length ?? 0) > 0) return true;
  return innerMessages(message).some(hasUnknown);
}

/** The messages that stand in the fields of one. */
function innerMessages(message: ReflectMessage): readonly ReflectMessage[] {
  return message.fields.flatMap((field): readonly ReflectMessage[] => {
    if (!message.isSet(field)) return [];
    if (field.fieldKind === 'message') return [message.get(field)];
    if (field.fieldKind === 'list' && field.listKind === 'message') {
      return [...message.get(field)] as unknown as readonly ReflectMessage[];
    }
    if (field.fieldKind === 'map' && field.mapKind === 'message') {
      return [...message.get(field).values()] as unknown as readonly ReflectMessage[];
    }
    return [];
  });
}
