/** Seals what only auditors may read: an age file (https://c2sp.org/age) to their recipients. */
import { Encrypter } from 'age-encryption';
import { Fault } from '../../model/fault.ts';

/** The age file to all of the recipients, any of whom opens it; throws a `Fault` where one of them is none. */
export async function sealForAuditors(plain: string, recipients: readonly string[]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw new Fault('config-invalid', 'a recipient of `evidence.auditors` is none of age', { cause });
    }
  }
  return await encrypter.encrypt(plain);
}

/** Why a recipient cannot be one; undefined where it can. */
export function recipientProblem(recipient: string): string | undefined {
  try {
    new Encrypter().addRecipient(recipient);
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message : 'it cannot be read';
  }
}
