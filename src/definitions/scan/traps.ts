import type { FindingCode } from './finding.ts';

export interface Trap {
  readonly code: FindingCode;
  /** What was found, as it stands or spelt out; not yet fit to be shown. */
  readonly excerpt: string;
}

/** Characters that a person does not see and a model reads. */
export function* hiddenCharacters(text: string): Iterable<Trap> {
  // Most texts have none of them, and cost one look.
  if (!SUSPECT.test(text)) return;
  // The flags of England, Scotland and Wales are written with tags, and are no text.
  const bare = text.replace(AS_WRITTEN, (kept) => ' '.repeat(kept.length));
  const tags = bare.match(TAGS);
  if (tags !== null) yield { code: 'hidden-text', excerpt: `hidden: ${spelt(tags.join(''))}` };
  const direction = DIRECTION.exec(text);
  if (direction !== null) yield { code: 'text-direction', excerpt: around(text, direction) };
  const control = CONTROL.exec(text);
  if (control !== null) yield { code: 'control-characters', excerpt: around(text, control) };
  const invisible = INVISIBLE.exec(bare);
  if (invisible !== null) yield { code: 'invisible-characters', excerpt: around(text, invisible) };
}

/** What tells the model what to do, beside what the tool does. */
export function* instructions(text: string): Iterable<Trap> {
  const comment = /<!--|<\s*(?:div|span|p)\b[^<>]{0,200}?(?:display\s*:\s*none|font-size\s*:\s*0)/i.exec(text);
  if (comment !== null) yield { code: 'hidden-comment', excerpt: around(text, comment) };
  const image = /!\[[^\]]{0,200}\]\(\s*<?(?:https?:)?\/\//i.exec(text);
  if (image !== null) yield { code: 'remote-image', excerpt: around(text, image) };
  const read = asRead(text);
  for (const { code, pattern } of INSTRUCTIONS) {
    const found = pattern.exec(read);
    if (found !== null) yield { code, excerpt: around(read, found) };
  }
}

/** Text that nobody reads and a model decodes. */
export function* encodedText(text: string): Iterable<Trap> {
  for (const found of text.matchAll(/[A-Za-z0-9+/_-]{80,4096}={0,2}/g)) {
    const [run] = found;
    // A path, a list of words or a digest is one case or has no digits.
    const isMixed = /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run);
    if (!isMixed || /^[\w-]*(?:\/[a-z][\w-]*){4}/.test(run)) continue;
    yield { code: 'encoded-text', excerpt: run };
    return;
  }
}

const SUSPECT = /[[\p{Cc}\p{DI}\p{Zl}\p{Zp}\u{FFF9}-\u{FFFB}\u{2800}]--[\n\t\r]]/v;
/** Unicode's tags: ASCII that shows nowhere. */
const TAGS = /[\u{E0000}-\u{E007F}]+/gu;
const DIRECTION = /[\u{061C}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}]/u;
const CONTROL = /[\p{Cc}--[\n\t\r]]/v;
/** What else has no shape of its own: joiners, spaces without width, selectors of variants, fillers, an empty Braille cell. */
const INVISIBLE =
  /[[\p{DI}\p{Zl}\p{Zp}\u{FFF9}-\u{FFFB}\u{2800}]--[\u{061C}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}\u{E0000}-\u{E007F}]]/v;
/** Where they belong: in emoji, and as joiners between letters of scripts that use them. */
const AS_WRITTEN =
  /\p{RGI_Emoji}|[\p{Extended_Pictographic}#*0-9]\u{FE0F}|(?<=[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Kannada}\p{Script=Telugu}\p{Script=Sinhala}])[\u{200C}\u{200D}]/gv;

/** What tags say in ASCII. */
function spelt(tags: string): string {
  let text = '';
  for (const character of tags) text += String.fromCodePoint((character.codePointAt(0) ?? 0) - 0xe0000);
  return text;
}

/** A text as a model reads it: without what does not show, compatible forms as the plain ones, lower case, one space. */
function asRead(text: string): string {
  const plain = text
    .replace(TAGS, (tags) => ` ${spelt(tags)} `)
    .replace(/\p{DI}/gu, '')
    .normalize('NFKC')
    .toLowerCase();
  return plain.replace(/[’‘]/g, "'").replace(/\s+/g, ' ');
}

interface Pattern {
  readonly code: FindingCode;
  /** Of bounded reach each, so that the time stays linear. */
  readonly pattern: RegExp;
}

const WHOM = '(?:the )?(?:user|human|operator|developer|person)s?';

const INSTRUCTIONS: readonly Pattern[] = [
  {
    code: 'instruction',
    pattern:
      /<\/?\s*(?:important|system|system[_-]?prompt|instructions?|secret|hidden|admin|critical|assistant)\s*>|\[\/?inst\]|<\|(?:im_start|im_end|system|endoftext)\|>|<<\/?sys>>/,
  },
  {
    code: 'instruction',
    pattern:
      /\b(?:ignore|disregard|forget|override|bypass) (?:[a-z']+ ){0,4}?(?:previous|prior|earlier|above|preceding|existing|other|system) (?:[a-z']+ ){0,2}?(?:instructions?|prompts?|rules?|messages?|guidelines?|directives?|context|tools?)\b/,
  },
  {
    code: 'instruction',
    pattern:
      /\b(?:you are now|from now on,? you|new instructions? (?:for|to) (?:the )?(?:assistant|model|ai|agent)|as an ai (?:assistant|model),? you must|(?:attention|note|message|instructions?) (?:to|for) (?:the )?(?:ai|llm|assistant|model|agent)s?\b)/,
  },
  {
    code: 'instruction',
    pattern:
      /\b(?:before|prior to|when(?:ever)?|after|every time(?: you)?) (?:you )?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|run(?:ning)?) (?:any|every|all|another|other)(?: [a-z]+){0,3} tools?\b/,
  },
  {
    code: 'keeps-from-user',
    pattern: new RegExp(
      `\\b(?:do not|don't|never|must not|should not|without|avoid|refrain from) (?:[a-z']+ ){0,3}?(?:tell|telling|inform|informing|mention|mentioning|notify|notifying|alert|alerting|reveal|revealing|disclose|disclosing|show|showing|explain|explaining|ask|asking|warn|warning) (?:[a-z']+ ){0,6}?${WHOM}\\b`,
    ),
  },
  {
    code: 'keeps-from-user',
    pattern: new RegExp(
      `\\b(?:keep|hide|conceal) (?:[a-z']+ ){0,4}?(?:from|secret from) ${WHOM}\\b|\\b(?:${WHOM}) (?:must|should|need|does|do) ?(?:not|n't) (?:know|see|notice|be told|be informed|need to know)\\b`,
    ),
  },
  {
    code: 'secret-file',
    pattern:
      /(?:~|\$home|%userprofile%|\/(?:home|users)\/[\w.-]+|\/root)\/\.(?:ssh|aws|kube|gnupg|netrc|npmrc|git-credentials|docker|azure|config\/gcloud|cursor|claude|vscode|bash_history)|\bid_(?:rsa|ed25519|ecdsa)\b|\.aws\/credentials|\.git-credentials|\/etc\/(?:passwd|shadow|sudoers)|\/proc\/self\/environ|\bmcp\.json\b|\b(?:read|open|load|include|send|pass|attach|copy|dump) (?:[a-z']+ ){0,5}?(?:\.env\b|private keys?\b|ssh keys?\b)/,
  },
  {
    code: 'asks-for-context',
    pattern:
      /\b(?:include|pass|send|provide|put|insert|copy|append|attach|add|write|summari[sz]e|repeat) (?:[a-z']+ ){0,6}?(?:conversation(?: history)?|chat history|chain of thought|your (?:system prompt|instructions|reasoning|context)|previous messages|(?:all|every)(?: [a-z]+){0,2} (?:messages|files|tools|secrets|credentials|tokens|environment variables))\b/,
  },
  {
    code: 'sends-elsewhere',
    pattern:
      /https?:\/\/[^\s"'<>)]{1,500}?(?:\?|&)[^\s"'<>)=]{1,100}=(?:\$?\{|%7b|<|\[)|\b(?:send|post|forward|upload|exfiltrate|transmit|submit|report|bcc|cc) (?:[a-z0-9'"`_.,-]+ ){0,10}?(?:to|at) (?:https?:\/\/|[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}\.[a-z])/,
  },
];

/** A match with what stands around it. */
function around(text: string, { index, 0: match }: RegExpExecArray): string {
  const start = Math.max(0, index - CONTEXT);
  return text.slice(start, index + match.length + CONTEXT);
}

const CONTEXT = 40;
