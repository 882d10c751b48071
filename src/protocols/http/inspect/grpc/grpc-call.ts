import { type GrpcMethod, type GrpcServices, loadedServices } from '../../../../grpc/descriptors.ts';
import type { HttpFacts } from '../../../../model/http.ts';
import type { Target } from '../../../../model/target.ts';

/** A request to a target that has descriptors, whether one of them knows it or not. */
export interface GrpcCall {
  readonly services: GrpcServices;
  readonly method: GrpcMethod | undefined;
}

/** Undefined where the target has no descriptors. A call's path is its method's name, whatever its body's type. */
export function grpcCall({ http }: Target, path: string): GrpcCall | undefined {
  const services = loadedServices(http?.grpc);
  return services && { services, method: services.methods.get(path) };
}

/** With what the descriptors call it: its operation is `package.Service/Method`. */
export function namedFacts(facts: HttpFacts, method: GrpcMethod): HttpFacts {
  const operationId = `${method.parent.typeName}/${method.name}`;
  return { ...facts, declared: true, template: `/${operationId}`, operationId };
}

/**
 * How messages of protobuf are framed: as gRPC does (gRPC over HTTP/2), as gRPC-Web does, whose replies have their trailers
 * in a frame of the body (gRPC-Web, "Protocol differences"), or as that in base64.
 */
export type GrpcFraming = 'grpc' | 'web' | 'web-text';

/** Of a media type; undefined of other codecs. Protobuf where nothing else is said. */
export function framingOf(mediaType: string): GrpcFraming | undefined {
  return FRAMINGS.get(mediaType);
}

const FRAMINGS: ReadonlyMap<string, GrpcFraming> = new Map<string, GrpcFraming>([
  ['application/grpc', 'grpc'],
  ['application/grpc+proto', 'grpc'],
  ['application/grpc-web', 'web'],
  ['application/grpc-web+proto', 'web'],
  ['application/grpc-web-text', 'web-text'],
  ['application/grpc-web-text+proto', 'web-text'],
]);

/** True of a method whose client sends several messages, which gRPC-Web has not. */
export function isClientStream(method: GrpcMethod | undefined): boolean {
  return method?.methodKind === 'client_streaming' || method?.methodKind === 'bidi_streaming';
}
