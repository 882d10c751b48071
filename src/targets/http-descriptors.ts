import { grpcServices } from '../grpc/descriptors.ts';
import type { HttpTarget } from '../model/http.ts';

/** What is wrong with the descriptors of a target's services. */
export function problemOfGrpc({ grpc, basePath }: HttpTarget): string | undefined {
  if (grpc === undefined) return undefined;
  if (basePath !== '') return 'calls of gRPC have no path before their service, and the URL has one';
  const services = grpcServices(grpc);
  return 'problem' in services ? services.problem : undefined;
}
