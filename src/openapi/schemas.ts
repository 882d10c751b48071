import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { BoundedPattern } from './bounded-pattern.ts';
import { isObject, type JsonObject } from './references.ts';

/** What is wrong with a value, to be read behind the name of what it is the value of; undefined where nothing is. */
export type Validate = (value: unknown) => string | undefined;

/** The name under which references of a document find it. */
const DOCUMENT = 'urn:chaperone:document';

/**
 * The schemas of an OpenAPI document of 3.0 or 3.1, as JSON Schema 2020-12. Formats are not checked: the specification
 * leaves it open what they mean.
 */
export class DocumentSchemas {
  readonly #ajv: { readonly json: Ajv2020; readonly text: Ajv2020 };
  readonly #names = new Set<string>();
  readonly #isOld: boolean;

  constructor(root: JsonObject) {
    this.#isOld = String(root['openapi']).startsWith('3.0');
    const schemas = this.#read(root) as JsonObject;
    this.#ajv = { json: ajvOf(schemas, false), text: ajvOf(schemas, 'array') };
  }

  /** `text`: values are text that stands for numbers and lists as well. Undefined where it is no schema that can be read. */
  compile(schema: unknown, of: 'json' | 'text'): Validate | undefined {
    try {
      const validate = this.#ajv[of].compile(this.#read(schema) as JsonObject);
      return (value) => {
        // In an object, since what stands for a number is replaced where it stands.
        const copy: unknown = of === 'json' ? value : structuredClone(value);
        return validate(copy) ? undefined : this.#words(validate.errors?.[0]);
      };
    } catch {
      // Whatever is wrong with it, nothing can be held against it.
      return undefined;
    }
  }

  /** Names that the document has not are of the request, and not repeated. */
  #words(error: ErrorObject | undefined): string {
    if (error === undefined) return ' is not what its schema says';
    const place = error.instancePath
      .split('/')
      .slice(1)
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
      .map((name) => (/^\d{1,6}$/.test(name) ? `[${name}]` : `.${this.#names.has(name) ? name : '*'}`));
    const allowed = error.keyword === 'enum' ? `: ${JSON.stringify(error.params['allowedValues']).slice(0, 200)}` : '';
    return `${place.join('')} ${error.message ?? 'is not what its schema says'}${allowed}`;
  }

  /** Any value of the document: what is a schema, as the validator reads it. */
  #read(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#read(one));
    if (!isObject(value)) return value;
    const { $ref: reference } = value;
    if (typeof reference === 'string' && reference.startsWith('#')) {
      const rest = this.#isOld ? {} : this.#members(value);
      return { ...rest, $ref: `${DOCUMENT}${reference}` };
    }
    const { nullable, ...schema } = this.#members(value);
    return nullable === true ? { anyOf: [{ type: 'null' }, schema] } : schema;
  }

  #members(value: JsonObject): Record<string, unknown> {
    const read = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.#read(inner)]));
    if (isObject(value['properties'])) {
      for (const name of Object.keys(value['properties'])) this.#names.add(name);
      // OpenAPI 3.0, "Fixed Fields": what is read only need not be sent.
      if (Array.isArray(value['required'])) read['required'] = wanted(value['required'], value['properties']);
    }
    for (const [name, limit] of BOUNDS) {
      if (read[name] === true) read[name] = read[limit];
      // Beside the one that is left out it says the same.
      else if (read[name] === false) delete read[name];
    }
    return read;
  }
}

/** In 3.0 they say whether the bound itself is allowed. */
const BOUNDS = [
  ['exclusiveMinimum', 'minimum'],
  ['exclusiveMaximum', 'maximum'],
] as const;

function wanted(required: readonly unknown[], properties: JsonObject): readonly unknown[] {
  return required.filter((name) => {
    const property = typeof name === 'string' ? properties[name] : undefined;
    return !isObject(property) || property['readOnly'] !== true;
  });
}

function ajvOf(document: JsonObject, coerceTypes: false | 'array'): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    validateFormats: false,
    addUsedSchema: false,
    logger: false,
    coerceTypes,
    code: {
      regExp: Object.assign((pattern: string, flags: string) => new BoundedPattern(pattern, flags), { code: '' }),
    },
  });
  return ajv.addSchema(document, DOCUMENT);
}
