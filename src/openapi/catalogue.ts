/** What an OpenAPI document (3.0 or 3.1) says of a service, as far as requests are told apart by it. */
export interface Catalogue {
  readonly operations: readonly DeclaredOperation[];
  /** In the order of the document. */
  readonly classified: readonly ClassifiedProperty[];
}

export interface DeclaredOperation {
  /** In capitals. */
  readonly method: string;
  /** The path as the document writes it: `/customers/{id}`. */
  readonly template: string;
  readonly operationId?: string;
  /** What its servers have before the template; empty, or begins with `/` and does not end with one. */
  readonly bases: readonly string[];
}

/** A property of replies that the document says the class of, by `x-chaperone-class`. */
export interface ClassifiedProperty {
  readonly operation: DeclaredOperation;
  /** `customers[].email`; `*` is a property of any name. */
  readonly field: string;
  readonly class: string;
}

/** What is wrong with a document; `place` are the names on the way there. */
export interface DocumentProblem {
  readonly place: readonly string[];
  readonly message: string;
}
