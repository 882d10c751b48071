import type { KubernetesFacts } from '../../../model/kubernetes.ts';
import type { Operation } from '../../../model/request.ts';
import { analyseArguments } from '../../../shell/analyse-command-line.ts';
import { programOperations } from '../../../shell/program-operations.ts';

/** What is done in a pod by streams: none of it is read as its method says, since either method opens them. */
export const STREAMED: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

/**
 * A request for streams as operations: `exec` as one for each program that its command runs. The verb is `create` whichever
 * method asks for it: a client that comes by a WebSocket says GET, and does the same.
 */
export function streamOperations(operation: Operation): readonly Operation[] {
  const { kubernetes } = operation;
  if (kubernetes?.subresource === undefined || !STREAMED.has(kubernetes.subresource)) return [operation];
  if (kubernetes.verb !== 'get' && kubernetes.verb !== 'create') return [operation];
  const facts: KubernetesFacts = { ...kubernetes, verb: 'create' };
  const opened: Operation = { ...operation, kind: 'create', access: 'admin', kubernetes: facts };
  if (kubernetes.subresource !== 'exec') return [opened];
  const line = analyseArguments(kubernetes.command ?? []);
  const programs = programOperations(line, (runs) => ({ kind: 'create', kubernetes: { ...facts, runs } }));
  // Who is let into a container may do more than its program says by itself.
  return programs.map((program) => ({ ...opened, ...program, access: 'admin' }));
}

/** A connection to a port of a pod. */
export function portOperations(operation: Operation, port: number): readonly Operation[] {
  const { kubernetes } = operation;
  return [{ ...operation, ...(kubernetes === undefined ? {} : { kubernetes: { ...kubernetes, ports: [port] } }) }];
}
