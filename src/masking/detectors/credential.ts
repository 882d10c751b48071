import { trigger } from '../triggers.ts';
import type { Detector } from './detector.ts';

/** A name that says what follows, a sign, and a value without blanks: `password=…`, `"api_key": "…"`, `token => '…'`. */
const ASSIGNMENT =
  /(?:passw(?:or)?d|pwd|secret|token|api[_-]?key|access[_-]?key)["']?[ \t]{0,3}(?:=>|:=|[:=])[ \t]{0,3}["']?([^\s"'`,;&<>(){}[\]\\\x80-\xff]{8,})/gi;

/** Passwords, tokens and keys of no form of their own, by the name before them: eight characters, letters and digits. */
export const credential: Detector = {
  name: 'credential',
  triggers: [
    '[pP][aA][sS][sS][wW][oO][rR][dD]',
    '[pP][aA][sS][sS][wW][dD]',
    '[pP][wW][dD]',
    '[sS][eE][cC][rR][eE][tT]',
    '[tT][oO][kK][eE][nN]',
    '[aA][pP][iI][_-]?[kK][eE][yY]',
    '[aA][cC][cC][eE][sS][sS][_-]?[kK][eE][yY]',
  ].map((name) => trigger(`${name}\\\\?["']?[ \\x09]?[ \\x09]?[ \\x09]?[:=]`)),
  columnNames: /passw(?:or)?d|(?:^|_)(?:pwd|secret)$|api_?key|access_?key|(?:auth|access|refresh|bearer)_?token/i,
  find(text, report, isNamed) {
    if (isNamed && /^[^\s[{"]\S{7,}$/.test(text) && isSecret(text)) return report(0, text.length);
    for (const match of text.matchAll(ASSIGNMENT)) {
      const [whole, value = ''] = match;
      const end = match.index + whole.length;
      if (isSecret(value)) report(end - value.length, end);
    }
  },
};

function isSecret(value: string): boolean {
  return (
    /\d/.test(value) &&
    /[a-z]/i.test(value) &&
    !/^(?:\$|%|https?:|\d{4}-\d\d-\d\d|[.~]{0,2}\/[a-z]|(?:process|import|os|env|config|settings|secrets|vars|self|this)\.)/.test(
      value,
    )
  );
}
