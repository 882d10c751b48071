/**
 * Compiles the classes of OCSF that we export from a checkout of github.com/ocsf/ocsf-schema into one JSON Schema, which
 * the tests hold every exported event against:
 *
 *   node scripts/ocsf-schema.mjs PATH-TO-CHECKOUT > test/schemas/ocsf/ocsf-1.9.0.schema.json
 *
 * Plain JavaScript on Node 18. Objects that no event of ours uses are left out, and so is every attribute that would
 * hold one: what comes out is stricter than OCSF, never looser.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CLASSES = {
  authentication: 'iam',
  authorize_session: 'iam',
  entity_management: 'iam',
  datastore_activity: 'application',
  api_activity: 'application',
  detection_finding: 'findings',
};
const PROFILES = ['ai_operation', 'record_integrity', 'security_control', 'trace'];
const OBJECTS = [
  'actor',
  'ai_agent',
  'ai_model',
  'api',
  'attestation',
  'authorization',
  'database',
  'digital_signature',
  'prev_event',
  'evidences',
  'file',
  'finding_info',
  'fingerprint',
  'group',
  'idp',
  'key_value_object',
  'managed_entity',
  'message_context',
  'metadata',
  'network_endpoint',
  'object',
  'observable',
  'policy',
  'product',
  'query_info',
  'request',
  'resource_details',
  'response',
  'rule',
  'service',
  'session',
  'span',
  'table',
  'trace',
  'user',
];

const root = process.argv[2];
if (root === undefined || !existsSync(join(root, 'dictionary.json'))) {
  process.stderr.write('Usage: node scripts/ocsf-schema.mjs PATH-TO-CHECKOUT-OF-ocsf-schema\n');
  process.exit(2);
}
const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const dictionary = read('dictionary.json');
const categories = read('categories.json').attributes;
const files = Object.fromEntries(
  ['events', 'objects'].map((folder) => [
    folder,
    Object.fromEntries(walk(folder).map((path) => [read(path).name ?? read(path).extends, read(path)])),
  ]),
);

function walk(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(path) : path.endsWith('.json') ? [path] : [];
  });
}

/** The attributes of a class or object with what it extends and includes; those of a profile only where it is ours. */
function attributesOf(folder, name) {
  const definition = files[folder][name];
  if (definition === undefined) throw new Error(`there is no ${name} in ${folder}`);
  const inherited =
    definition.extends === undefined ? { attributes: {}, constraints: {} } : attributesOf(folder, definition.extends);
  const { $include = [], ...own } = definition.attributes ?? {};
  let attributes = { ...inherited.attributes };
  for (const include of [$include].flat()) {
    const profile = read(include);
    if (profile.meta === 'profile' && !PROFILES.includes(profile.name)) continue;
    attributes = merged(attributes, profile.attributes);
  }
  attributes = merged(attributes, own);
  const constraints = { ...inherited.constraints, ...definition.constraints };
  return { attributes, constraints, uid: definition.uid, category: inherited.category ?? definition.category };
}

function merged(before, more) {
  const result = { ...before };
  for (const [name, attribute] of Object.entries(more)) {
    if (typeof attribute.profile === 'string' && !PROFILES.includes(attribute.profile)) continue;
    const enumeration = { ...before[name]?.enum, ...attribute.enum };
    result[name] = { ...before[name], ...attribute, ...(Object.keys(enumeration).length > 0 && { enum: enumeration }) };
  }
  return result;
}

function schemaOf({ attributes, constraints }, fixed = {}) {
  const properties = {};
  const required = [];
  for (const [name, attribute] of Object.entries(attributes)) {
    const schema = fixed[name] ?? attributeSchema(name, attribute);
    if (schema === undefined) continue;
    properties[name] = schema;
    if (attribute.requirement === 'required') required.push(name);
  }
  return {
    type: 'object',
    additionalProperties: false,
    properties,
    ...(required.length > 0 && { required: required.sort() }),
    ...constraint('anyOf', constraints.at_least_one),
    ...constraint('oneOf', constraints.just_one),
  };
}

function constraint(keyword, names) {
  return names === undefined ? {} : { [keyword]: names.map((name) => ({ required: [name] })) };
}

function attributeSchema(name, attribute) {
  const known = dictionary.attributes[name];
  if (known === undefined) throw new Error(`the dictionary has no ${name}`);
  const type = attribute.type ?? known.type;
  const isArray = attribute.is_array ?? known.is_array;
  const codes = { ...known.enum, ...attribute.enum };
  const one = valueSchema(attribute.object_type ?? known.object_type ?? type, type);
  if (one === undefined) return undefined;
  const item = Object.keys(codes).length === 0 ? one : { ...one, enum: valuesOf(codes, one.type) };
  return isArray ? { type: 'array', items: item } : item;
}

function valuesOf(codes, type) {
  return Object.keys(codes).map((code) => (type === 'integer' ? Number(code) : code));
}

function valueSchema(name, type) {
  if (type === 'object_t' || type.endsWith('object_t') || files.objects[type] !== undefined) {
    const object = files.objects[type] === undefined ? name : type;
    return object === 'object'
      ? { type: 'object' }
      : OBJECTS.includes(object)
        ? { $ref: `#/$defs/${object}` }
        : undefined;
  }
  const declared = dictionary.types.attributes[type];
  if (declared === undefined) throw new Error(`there is no type ${type}`);
  if (type === 'json_t') return {};
  const base = declared.type ?? type;
  const kind = { string_t: 'string', integer_t: 'integer', long_t: 'integer', float_t: 'number', boolean_t: 'boolean' }[
    base
  ];
  if (kind === undefined) throw new Error(`${type} is based on ${base}`);
  const { regex, max_len: maxLength, range } = declared;
  return {
    type: kind,
    ...(regex !== undefined && { pattern: regex }),
    ...(maxLength !== undefined && { maxLength }),
    ...(range !== undefined && { minimum: range[0], maximum: range[1] }),
  };
}

/** Numbers of a class as OCSF computes them: category * 1000 + uid, and that * 100 + activity. */
function classSchema(name, category) {
  const resolved = attributesOf('events', name);
  for (const profile of PROFILES)
    resolved.attributes = merged(resolved.attributes, read(`profiles/${profile}.json`).attributes);
  const classUid = categories[category].uid * 1000 + resolved.uid;
  const activities = Object.keys(resolved.attributes.activity_id.enum);
  return {
    title: `${name} (${classUid})`,
    ...schemaOf(resolved, {
      category_uid: { const: categories[category].uid },
      class_uid: { const: classUid },
      type_uid: { type: 'integer', enum: activities.map((activity) => classUid * 100 + Number(activity)) },
    }),
  };
}

const $defs = Object.fromEntries([
  ...OBJECTS.filter((name) => name !== 'object').map((name) => [name, schemaOf(attributesOf('objects', name))]),
  ...Object.entries(CLASSES).map(([name, category]) => [name, classSchema(name, category)]),
]);
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $comment: `Compiled by scripts/ocsf-schema.mjs from github.com/ocsf/ocsf-schema (version ${read('version.json').version}). Copyright OCSF a Series of LF Projects, LLC; Apache License 2.0, see LICENSE beside this.`,
  oneOf: Object.keys(CLASSES).map((name) => ({ $ref: `#/$defs/${name}` })),
  $defs,
};
process.stdout.write(`${JSON.stringify(schema, undefined, 1)}\n`);
