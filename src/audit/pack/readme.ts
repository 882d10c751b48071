/** `README.md` of a pack: what it is, how to check it, which file answers what, and what it does not show. */
import { CONTROLS, type Control } from './controls.ts';
import { METHOD } from './draw-sample.ts';
import { DERIVED, PACK, type PackManifest } from './pack.ts';

export function packReadme({ origin, span, sample, madeAt }: Omit<PackManifest, 'files'>, control: Control): string {
  return `# Auditor's pack: ${control.id}

The log \`${origin}\`, from ${span.from} up to ${span.to} (not included). Made ${madeAt}.

${control.framework}: ${control.about}. These are our words; the wording stands in your own copy. Which file answers
which part is a mapping of ours, **to be checked by you**.

## Check it

    chaperone verify THIS.zip --policy trust.policy --statement-key statement.pub.pem

Offline, with keys that you have from elsewhere. It makes the population again from the entries of the log, proves these
against the checkpoint, draws the sample again, verifies every bundle in it, and says PASS, FAIL or INCOMPLETE. What
\`trust/\` holds is the gateway's own word and convenient, no more.

## Which file answers what

${control.evidence.map(({ file, shows }) => `- \`${file}\`: ${shows}.`).join('\n')}

Not shown: ${control.notShown}

## What is in it

- \`${PACK.entries}\`: every entry of the log from the last before the span to the first after it; \`${PACK.range}\` ties
  them to \`${PACK.checkpoint}\`, a signed note. \`${PACK.beside}\`: entries outside the range that belong to it, each with
  its own proof. \`${PACK.openings}\`: the first line of each session, which its \`session.open\` commits to.
- Made from these alone, and made again by who verifies: ${Object.values(DERIVED)
    .map((file) => `\`${file}\``)
    .join(', ')}.
- \`samples/\`: evidence bundles of ${sample} runs at most. ${METHOD} \`${PACK.samples}\` names them.
- \`policies/\`: the texts. The name of each is the SHA-256 of its bytes.
- The gateway's own word: \`${PACK.report}\` and \`${PACK.reportText}\` (what its verifier found), \`${PACK.witnesses}\`,
  \`${PACK.controls}\` (all ${CONTROLS.length} controls that we map).

People and tokens stand here by their ids. Whose they are is known to the gateway, and can be erased there.

## What it does not show

The log is tamper-*evident*: a change shows, to whoever has a key or a checkpoint from elsewhere. It is not immutable,
unless its copies lie where nobody can delete them. It proves what went through this gateway. That an agent did nothing
else needs enforced egress; \`coverage\` in each sample's statement says whether there was. Which requests were denied
stands in the sessions, so it is proved for the runs that were drawn; runs that were held or turned away, and those that
never closed, are all in \`${DERIVED.listed}\`. A run that another gateway recorded is in that one's pack.
`;
}
