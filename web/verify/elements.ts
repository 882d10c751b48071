/** Elements made of text alone: nothing that a bundle says is ever read as markup. */

/** Characters that turn or hide text; written out, so that what is seen is what is there. */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

export function visible(text: string): string {
  return text.replaceAll(
    HOSTILE,
    (character) => `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`,
  );
}

export function element(
  name: string,
  className: string,
  ...children: readonly (string | HTMLElement | undefined)[]
): HTMLElement {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  for (const child of children) {
    if (child !== undefined) made.append(typeof child === 'string' ? visible(child) : child);
  }
  return made;
}

/** An element of the page that must be there. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${id}`);
}
