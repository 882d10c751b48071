import type { HttpBodyFacts, HttpFacts, HttpTarget } from '../model/http.ts';
import { parseDocumentText } from './read-document.ts';
import { isObject, type JsonObject, type Resolve, resolver } from './references.ts';
import { type Parameter, type ParameterPlace, parametersOf, problemOfParameters } from './request-parameters.ts';
import { DocumentSchemas, type Validate } from './schemas.ts';

/**
 * Why a request is not what the target's document says of it, in words for its sender that repeat nothing of the request;
 * undefined where it is. `facts` bear the document's names, and the body as it was read. `isHidden` are parameters that
 * facts leave out. Pure but for the time that a pattern may take.
 */
export function requestProblem(
  http: HttpTarget,
  facts: HttpFacts,
  isHidden: (place: ParameterPlace, name: string) => boolean,
): string | undefined {
  const { openapi } = http;
  if (openapi?.validate !== true) return undefined;
  const { template, declared, alike = [] } = facts;
  if (template === undefined || declared !== true) return 'the document declares no such request';
  if (alike.length > 0) return 'the document declares several requests that it may be';
  const operation = validatorsOf(http).operation(facts.method, template);
  if (operation === undefined) return 'what the document says of such a request cannot be read';
  const values = { path: pathValues(template, facts.path), query: facts.query, header: facts.headers };
  return problemOfParameters(operation.parameters, values, isHidden) ?? problemOfBody(operation, facts);
}

interface Operation {
  readonly parameters: readonly Parameter[];
  /** Undefined where the document says nothing of a body. */
  readonly body: DeclaredBody | undefined;
}

interface DeclaredBody {
  readonly required: boolean;
  /** By media type or range (`text/*`), lower case, each with its schema where it has one. */
  readonly types: ReadonlyMap<string, Validate | undefined>;
}

function problemOfBody({ body }: Operation, { body: sent, mediaType }: HttpFacts): string | undefined {
  if (sent.kind === 'none') return body?.required === true ? 'it has no body, and needs one' : undefined;
  if (body === undefined) return 'it has a body, and the document declares none';
  const range = `${mediaType.split('/', 1)[0] ?? ''}/*`;
  const type = [mediaType, range, '*/*'].find((one) => body.types.has(one));
  if (type === undefined) return `its body must be of the type ${[...body.types.keys()].join(' or ')}`;
  const validate = body.types.get(type);
  return validate === undefined ? undefined : problemOfFields(validate, sent);
}

function problemOfFields(validate: Validate, sent: HttpBodyFacts): string | undefined {
  switch (sent.kind) {
    case 'fields': {
      const problem = validate(sent.value);
      return problem === undefined ? undefined : `body${problem}`;
    }
    case 'unknown':
      return `its body cannot be checked: ${sent.why}`;
    // Of another type than JSON and forms: what it is called is all that is checked.
    case 'unread':
    case 'none':
      return undefined;
    default:
      return sent satisfies never;
  }
}

/** What stands for the parameters of a path; of those that are a piece of a segment, nothing. */
function pathValues(template: string, path: string): Readonly<Record<string, string>> {
  const names = template.split('/');
  const values = path.split('/').slice(-names.length);
  return Object.fromEntries(
    names.flatMap((name, at) => {
      const [, parameter] = /^\{([^{}]+)\}$/.exec(name) ?? [];
      return parameter === undefined ? [] : [[parameter, plain(values[at] ?? '')]];
    }),
  );
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const known = new WeakMap<HttpTarget, Validators>();

function validatorsOf(http: HttpTarget): Validators {
  const made = known.get(http) ?? new Validators(http.openapi?.text ?? '');
  known.set(http, made);
  return made;
}

/** What one document says of requests, each read once and when it is first asked for. */
class Validators {
  readonly #root: JsonObject;
  readonly #resolve: Resolve;
  readonly #schemas: DocumentSchemas;
  readonly #operations = new Map<string, Operation | undefined>();

  constructor(text: string) {
    const parsed = parseDocumentText(text);
    this.#root = 'root' in parsed ? parsed.root : {};
    this.#resolve = resolver(this.#root);
    this.#schemas = new DocumentSchemas(this.#root);
  }

  /** Undefined where something in it cannot be read. */
  operation(method: string, template: string): Operation | undefined {
    const key = `${method} ${template}`;
    if (!this.#operations.has(key)) this.#operations.set(key, this.#read(method.toLowerCase(), template));
    return this.#operations.get(key);
  }

  #read(method: string, template: string): Operation | undefined {
    const { paths } = this.#root;
    const item = isObject(paths) ? this.#resolve(paths[template]) : 'none';
    if (typeof item === 'string') return undefined;
    // As the servers do (RFC 9110, 9.3.2).
    const operation = this.#resolve(item[method] ?? (method === 'head' ? item['get'] : undefined));
    if (typeof operation === 'string') return undefined;
    const parameters = parametersOf([item['parameters'], operation['parameters']], this.#resolve, this.#schemas);
    const body = this.#body(operation['requestBody']);
    return parameters === undefined || body === 'unreadable' ? undefined : { parameters, body };
  }

  #body(declared: unknown): DeclaredBody | 'unreadable' | undefined {
    if (declared === undefined) return undefined;
    const body = this.#resolve(declared);
    if (typeof body === 'string' || !isObject(body['content'])) return 'unreadable';
    const types = new Map<string, Validate | undefined>();
    for (const [said, media] of Object.entries(body['content'])) {
      const type = (said.split(';', 1)[0] ?? '').trim().toLowerCase();
      const schema = isObject(media) ? media['schema'] : undefined;
      const isForm = type === 'application/x-www-form-urlencoded';
      if (schema === undefined || !(isForm || JSON_TYPE.test(type) || type === '*/*')) {
        types.set(type, undefined);
        continue;
      }
      const validate = this.#schemas.compile(schema, isForm ? 'text' : 'json');
      if (validate === undefined) return 'unreadable';
      types.set(type, validate);
    }
    return { required: body['required'] === true, types };
  }
}

const JSON_TYPE = /^(?:application|text)\/(?:[^;\s]+\+)?json$/;
