import type { TableUse } from '../../model/request.ts';
import { expressionsProgram, type Program, viewProgram } from './bodies/program.ts';
import { type Catalogue, type CatalogueRelation, searchOrder } from './catalogue.ts';
import { type Body, isBody, listOf, namesOf } from './nodes.ts';
import type { CatalogueExpression, FunctionReference } from './programs.ts';

/** The functions behind the operators of an expression; those that the server brings have none that matter. */
export function operatorFunctions(tag: string, body: Body, catalogue: Catalogue): readonly FunctionReference[] {
  const { operators } = catalogue.programs;
  if (operators.size === 0) return [];
  return operatorsOf(tag, body).flatMap((path) => {
    const found = operators.get(path.at(-1) ?? '') ?? [];
    const schema = path.length > 1 ? path.at(-2) : undefined;
    const inSight = found.filter((one) =>
      schema === undefined
        ? catalogue.pathUnknown === true || searchOrder(catalogue).includes(one.schema)
        : one.schema === schema,
    );
    return inSight.map((one) => one.function);
  });
}

/** The operators of an expression by their qualified names, those that keywords stand for included. */
export function operatorsOf(tag: string, body: Body): readonly (readonly string[])[] {
  switch (tag) {
    case 'A_Expr': {
      const kind = body['kind'];
      if (typeof kind === 'string' && kind.includes('BETWEEN')) return [['>='], ['<='], ['<'], ['>']];
      const name = namesOf(body['name']);
      return name.length === 0 ? [['=']] : [name];
    }
    case 'SubLink': {
      const name = namesOf(body['operName']);
      return name.length > 0 ? [name] : body['testexpr'] === undefined ? [] : [['=']];
    }
    case 'SortBy': {
      const name = namesOf(body['useOp']);
      return name.length > 0 ? [name] : [];
    }
    case 'CaseExpr':
      return body['arg'] === undefined ? [] : [['=']];
    case 'JoinExpr':
      return body['isNatural'] === true || listOf(body['usingClause']).length > 0 ? [['=']] : [];
    default:
      return [];
  }
}

/** What a cast to a type of this name calls. */
export function castFunctions(typeName: unknown, catalogue: Catalogue): readonly FunctionReference[] {
  const name = typeNameOf(typeName);
  return (catalogue.programs.casts.get(name) ?? []).map((one) => one.function);
}

/** The checks of a domain of this name. */
export function domainPrograms(typeName: unknown, catalogue: Catalogue): readonly Program[] {
  const domains = catalogue.programs.domainsByName.get(typeNameOf(typeName)) ?? [];
  return domains.map((one) => expressionsProgram(one, `domain ${one.name}`, one.texts));
}

/** What runs when a relation is used: a view's query, the policies of its row security. */
export function programsOfUse(
  relation: CatalogueRelation,
  use: TableUse['use'],
  catalogue: Catalogue,
): readonly Program[] {
  const programs: Program[] = [];
  const isServers = relation.schema === 'pg_catalog' || relation.schema === 'information_schema';
  if (relation.kind === 'view' && use === 'read' && !(isServers && relation.definition === undefined)) {
    programs.push(viewProgram(relation));
  }
  if (relation.rowSecurity === true) programs.push(...attached(relation, 'use', catalogue));
  return programs;
}

/** What runs when a row of a table is written, beside triggers and rules: defaults, checks, indexes, domains. */
export function programsOfRow(relation: CatalogueRelation, catalogue: Catalogue): readonly Program[] {
  const { domains } = catalogue.programs;
  if (domains.size === 0) return attached(relation, 'write', catalogue);
  const typed = relation.columns.flatMap(({ type }) => domains.get(type) ?? []);
  const checks = typed.map((one) => expressionsProgram(one, `domain ${one.name}`, one.texts));
  return [...attached(relation, 'write', catalogue), ...checks];
}

function attached(relation: CatalogueRelation, on: 'use' | 'write', catalogue: Catalogue): readonly Program[] {
  const all = catalogue.programs.expressions.get(relation.oid) ?? [];
  const [first, ...more] = all.filter((one: CatalogueExpression) => one.runsOn === on);
  if (first === undefined) return [];
  const title = `${on === 'use' ? 'a policy' : 'a default, check or index'} of ${relation.schema}.${relation.name}`;
  return [
    expressionsProgram(
      first,
      title,
      [first, ...more].map(({ text }) => text),
    ),
  ];
}

function typeNameOf(typeName: unknown): string {
  return isBody(typeName) ? (namesOf(typeName['names']).at(-1) ?? '') : '';
}
