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

/** gRPC over HTTP/2, "Content-Type": protobuf where nothing else is said. */
export function isProtobuf(mediaType: string): boolean {
  return mediaType === 'application/grpc' || mediaType === 'application/grpc+proto';
}
