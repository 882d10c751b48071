import type { Catalogue, CatalogueRelation } from './catalogue.ts';

/** What a relation inherits from or is a partition of, at any distance. */
export function ancestorsOf(relation: CatalogueRelation, catalogue: Catalogue): readonly CatalogueRelation[] {
  if (relation.parents === undefined) return [];
  return closure(relation, ({ parents = [] }) => parents.flatMap((oid) => catalogue.relationsByOid.get(oid) ?? []));
}

/** What inherits from a relation or is a partition of it, at any distance: its rows are rows of the relation too. */
export function descendantsOf(relation: CatalogueRelation, catalogue: Catalogue): readonly CatalogueRelation[] {
  const children = childrenOf(catalogue);
  if (!children.has(relation.oid)) return [];
  return closure(relation, ({ oid }) => children.get(oid) ?? []);
}

type Children = ReadonlyMap<number, readonly CatalogueRelation[]>;

function closure(
  from: CatalogueRelation,
  next: (relation: CatalogueRelation) => readonly CatalogueRelation[],
): readonly CatalogueRelation[] {
  const found = new Set<CatalogueRelation>();
  const queue = [...next(from)];
  for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
    if (found.has(one)) continue;
    found.add(one);
    queue.push(...next(one));
  }
  return [...found];
}

/** By the parent's OID; kept beside the relations, which catalogues of other search paths share. */
function childrenOf({ relationsByOid }: Catalogue): Children {
  const known = kept.get(relationsByOid);
  if (known !== undefined) return known;
  const children = new Map<number, CatalogueRelation[]>();
  for (const relation of relationsByOid.values()) {
    for (const parent of relation.parents ?? []) {
      const list = children.get(parent);
      if (list === undefined) children.set(parent, [relation]);
      else list.push(relation);
    }
  }
  kept.set(relationsByOid, children);
  return children;
}

const kept = new WeakMap<Catalogue['relationsByOid'], Children>();
