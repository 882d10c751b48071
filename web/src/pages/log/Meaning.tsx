import { Section } from '../../ui/Page.tsx';

/** What a verdict proves, and what it does not. */
export function Meaning() {
  return (
    <Section title="What this proves">
      <ul className="grid max-w-prose list-disc gap-1.5 pl-5">
        <li>
          <strong className="font-medium">PASS</strong> proves that the lines and bodies shown for a session are those
          that the log committed to within seconds of their being written: none changed, cut, reordered or added since.
          This page computes every hash and signature itself; the gateway hands it bytes, and no verdict.
        </li>
        <li>
          <strong className="font-medium">INCOMPLETE</strong> is no accusation: the session is still open, a body was
          erased with its key, or you may not read bodies.
        </li>
        <li>
          It proves the log to this browser. That everybody sees the same log takes comparing checkpoints with somebody
          else, or a witness.
        </li>
        <li>
          It does not prove that the agent did nothing else: what did not go through the gateway is not in its log. Nor
          that the gateway recorded the truth in the first moment: whoever ran it then could have lied then.
        </li>
        <li>
          The program that verifies came from the same gateway. Whoever must not believe it verifies the data directory
          with <code className="font-mono">chaperone verify</code> from a copy of their own.
        </li>
      </ul>
    </Section>
  );
}
