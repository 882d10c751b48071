import { z } from 'zod';
import { jsonSchema, SCHEMA_NAMES, type SchemaName } from '../trials/json-schemas.ts';
import type { ApiRouter } from './server.ts';

/** JSON Schemas of the files that people write. They say nothing of this gateway, so anybody may have them. */
export function schemaRoutes(router: ApiRouter): void {
  // Anybody may ask, and making one takes milliseconds.
  const made = new Map<SchemaName, Readonly<Record<string, unknown>>>();
  const schema = {
    tags: ['policies'],
    summary: 'Read a JSON Schema',
    description:
      'Of a kind of file, for editors: `# yaml-language-server: $schema=https://gateway.example.com/v1/schemas/policies`.',
    params: z.object({ name: z.enum(SCHEMA_NAMES) }),
    security: [],
    response: { 200: z.record(z.string(), z.unknown()) },
  };
  router.get('/v1/schemas/:name', { schema }, (request) => {
    const { name } = request.params;
    const known = made.get(name) ?? jsonSchema(name);
    made.set(name, known);
    return known;
  });
}
