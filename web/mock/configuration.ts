import type { ConfigurationObject, TargetView } from '../src/api/types.ts';
import { Answered, type Route, route } from './route.ts';
import type { World } from './world.ts';

/** Targets, policies, trust rules: what `chaperone apply` makes. */
export function configurationRoutes(world: World): readonly Route[] {
  return [
    route('GET', '/v1/targets', () => ({ targets: TARGETS })),
    route('GET', '/v1/configuration', ({ query }) => ({
      objects: world.configuration.filter(({ kind }) => query.get('kind') === null || kind === query.get('kind')),
    })),
    route('GET', '/v1/configuration/:kind/:name', ({ parts: [kind, name], response }) => {
      const object = find(world, kind, name);
      response.setHeader('etag', object.etag);
      return object;
    }),
  ];
}

const TARGETS: readonly TargetView[] = [
  {
    name: 'shop',
    protocol: 'postgres',
    address: 'db.shop.internal:5432',
    database: 'shop',
    tls: 'verify',
    labels: { team: 'shop', stage: 'production' },
    classified: [
      { column: 'public.customers.email', class: 'email' },
      { column: 'public.customers.iban', class: 'iban' },
    ],
    recordMode: 'full',
  },
  {
    name: 'warehouse',
    protocol: 'postgres',
    address: 'wh.internal:5432',
    database: 'warehouse',
    tls: 'verify',
    labels: { team: 'data' },
    classified: [],
    recordMode: 'full',
  },
];

function find(world: World, kind: string | undefined, name: string | undefined): ConfigurationObject {
  const object = world.configuration.find((each) => each.kind === kind && each.name === name);
  if (object === undefined) throw new Answered(404, 'There is no such object');
  return object;
}
