import { kubectlLine } from '../../../../src/model/kubectl-line.ts';
import type { RecordedEvent } from '../../api/types.ts';

/** A request line as kubectl would say it (`DELETE /api/v1/…` is `delete pods/web -n shop`); undefined where it would not. */
export function kubectlOf(line: string, contentType?: string): string | undefined {
  const [method = '', target = ''] = line.split(' ');
  const said = kubectlLine(method, target, contentType);
  return said === undefined ? undefined : `kubectl ${said}`;
}

/** True of a recorded request to a cluster. */
export function isOfCluster({ op }: Pick<RecordedEvent, 'op'>): boolean {
  const [first] = op ?? [];
  return typeof first === 'object' && first !== null && 'kubernetes' in first;
}
