import type { IssuerKind } from '../../model/principal.ts';
import type { IssuerAdapter } from './adapter.ts';
import { generic } from './generic.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';

export const ADAPTERS: Readonly<Record<IssuerKind, IssuerAdapter>> = { github, gitlab, generic };

export function adapterFor(kind: IssuerKind): IssuerAdapter {
  return ADAPTERS[kind];
}
