import { createFileRegistry, type DescMethod, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import {
  type FileDescriptorSet,
  FileDescriptorSetSchema,
  MethodOptions_IdempotencyLevel,
} from '@bufbuild/protobuf/wkt';
import type { GrpcSource } from '../model/http.ts';

export type GrpcMethod = DescMethod;

/** The services of a target, as its descriptors tell them. */
export interface GrpcServices {
  readonly registry: FileRegistry;
  /** By the path of its calls: `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, GrpcMethod>;
}

/** Whatever a target has beside it lives as long as the target is known. */
const compiled = new WeakMap<GrpcSource, GrpcServices | { readonly problem: string }>();

/** What a FileDescriptorSet says (as `protoc --include_imports --descriptor_set_out` and `buf build` write it), read once. */
export function grpcServices(source: GrpcSource): GrpcServices | { readonly problem: string } {
  let known = compiled.get(source);
  if (known === undefined) compiled.set(source, (known = read(source.descriptors)));
  return known;
}

/** Of a target that loaded, whose descriptors are therefore good; undefined where it has none. */
export function loadedServices(source: GrpcSource | undefined): GrpcServices | undefined {
  const services = source && grpcServices(source);
  return services !== undefined && 'methods' in services ? services : undefined;
}

/** True where its `.proto` says so (`idempotency_level = NO_SIDE_EFFECTS`). */
export function hasNoEffects({ idempotency }: GrpcMethod): boolean {
  return idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}

function read(base64: string): GrpcServices | { readonly problem: string } {
  if (!/^[A-Za-z0-9+/\s]+=*\s*$/.test(base64)) return { problem: 'it is no base64' };
  let set: FileDescriptorSet;
  try {
    set = fromBinary(FileDescriptorSetSchema, Buffer.from(base64, 'base64'));
  } catch {
    return { problem: 'it is no FileDescriptorSet' };
  }
  if (set.file.length === 0) return { problem: 'it has no file' };
  try {
    const registry = createFileRegistry(set);
    const methods = new Map<string, GrpcMethod>();
    for (const one of registry) {
      if (one.kind !== 'service') continue;
      for (const method of one.methods) methods.set(`/${one.typeName}/${method.name}`, method);
    }
    if (methods.size === 0) return { problem: 'it has no service' };
    return { registry, methods };
  } catch (cause) {
    return { problem: `it is not whole (was it made with its imports?): ${(cause as Error).message}` };
  }
}
