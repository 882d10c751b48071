/** `README.txt`: how to check a bundle with tools that are not ours. */
import { BUNDLE, type RunManifest } from './manifest.ts';

/** Nothing in it comes from a client: ids, and names of the log and of files. */
export function readmeText({ run, log, sessions, complete, elsewhere }: RunManifest): string {
  const state = complete
    ? 'COMPLETE: the run and all of its sessions are closed, and all of them are here.'
    : `INCOMPLETE: ${whyIncomplete(run.closedAt, elsewhere.length, sessions.filter(({ closeIndex }) => closeIndex === undefined).length)}.`;
  return `The evidence of run ${run.id}, as the log ${log.origin} has it.
${state}

What is what: docs/reference/evidence-bundle.md of Chaperone. The short of it: the log is an append-only Merkle tree. Its
entries commit to the lines of every session, the lines commit to every request and every reply, and the manifest commits
to every file here that does not prove itself.

The one check that does all of this, offline, with keys that you have from elsewhere:

  chaperone verify THIS.zip --policy trust.policy --statement-key statement.pub.pem

What you can do with other tools. Keys in trust/ are what the gateway says of itself: take them from elsewhere.

1. Every file is what the manifest says (jq, sha256sum):

   jq -r '.files[] | .sha256 + "  " + .path' ${BUNDLE.manifest} | sha256sum -c --ignore-missing

   Files that are not there are named in ${BUNDLE.withheld}, with why.

2. The statement is signed, and is about this manifest (jq, openssl, sha256sum):

   jq -j .dsseEnvelope.payload ${BUNDLE.statement} | base64 -d > payload
   jq -j '.dsseEnvelope.signatures[0].sig' ${BUNDLE.statement} | base64 -d > signature
   printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < payload)" | cat - payload > signed
   openssl dgst -sha256 -verify ${BUNDLE.statementKey} -signature signature signed
   jq -r '.subject[0].digest.sha256' payload; sha256sum ${BUNDLE.manifest}

   or, with cosign:

   cosign verify-blob-attestation --key ${BUNDLE.statementKey} --bundle ${BUNDLE.statement} \\
     --type https://chaperone.dev/attestation/agent-run/v0.1 --insecure-ignore-tlog ${BUNDLE.manifest}

3. When it was signed, where a timestamp authority was asked (openssl; its certificates in ${BUNDLE.timestampAuthorities}):

   jq -j '.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0].signedTimestamp' \\
     ${BUNDLE.statement} | base64 -d > timestamp.tsr
   openssl ts -verify -in timestamp.tsr -data signature -CAfile ${BUNDLE.timestampAuthorities}

4. Every entry of ${BUNDLE.entries} stands in the log: proofs/<index>.tlog-proof is a C2SP tlog-proof
   (https://c2sp.org/tlog-proof), all of them against one signed checkpoint. The entry run.manifest names the SHA-256 of
   ${BUNDLE.manifest}; session.close names the root of the RFC 6962 tree over the lines of its session.

5. Who the run was: ${BUNDLE.claims} says it. The CI system's own token, where auditors were configured, opens for them:

   age --decrypt -i YOUR-KEY ${BUNDLE.token}

   Its signature is checked against ${BUNDLE.jwks}, the key set whose SHA-256 stands in the entry run.open.

6. What was sent and answered is in bodies/, encrypted under the run's key. With the key (keys/) \`chaperone verify\` opens
   and checks them; without it they are still committed to. What is in replay/ is derived from them, for reading: it proves
   nothing.
`;
}

function whyIncomplete(closedAt: string | undefined, elsewhere: number, open: number): string {
  if (closedAt === undefined) return 'the run was still open when this was made';
  if (open > 0) return `${open} of its sessions were still open when this was made`;
  return `${elsewhere} of its sessions were recorded by other gateways, whose bundles have them`;
}
