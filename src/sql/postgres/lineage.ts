import type { OutputColumn } from '../../model/request.ts';
import type { Catalogue } from './catalogue.ts';
import type { Body } from './nodes.ts';

export function outputsOf(_node: Body, _catalogue: Catalogue | undefined): readonly OutputColumn[] | undefined {
  return undefined;
}
