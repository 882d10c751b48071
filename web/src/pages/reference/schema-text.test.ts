import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curlOf } from './openapi.ts';
import { schemaText } from './schema-text.ts';

test('a schema is drawn as the shape that it is', () => {
  const run = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
  const schema = {
    type: 'object',
    required: ['state', 'run'],
    properties: {
      state: { type: 'string', enum: ['pending', 'denied'] },
      run: { $ref: '#/components/schemas/Run' },
      values: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] }, description: 'In\n order.' },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
    },
  };
  assert.equal(
    schemaText(schema, { schemas: { Run: run } }),
    '{\n  state: "pending" | "denied"\n  run: {\n    id: string\n  }\n  // In order.\n  values?: (string | null)[]\n' +
      '  labels?: { [name: string]: string }\n}',
  );
});

test('a shape that holds itself is drawn and ends', () => {
  const tree = { type: 'object', properties: { child: { $ref: '#/components/schemas/Tree' } } };
  assert.match(schemaText(tree, { schemas: { Tree: tree } }), /child\?: …/);
});

test('a line to paste names the address and the token as the command line does', () => {
  const endpoint = { id: '', method: 'delete', path: '/v1/grants/{grant}', tag: 'grants', operation: {} };
  assert.equal(
    curlOf(endpoint),
    'curl -X DELETE "$CHAPERONE_URL/v1/grants/$grant" \\\n  -H "authorization: Bearer $CHAPERONE_TOKEN"',
  );
});
