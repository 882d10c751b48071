/** Bundles whose files say what no gateway says: the verifier answers all the same, and never PASS. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { bundleWorld, type MadeBundle } from '../../../../test/support/evidence-bundle.ts';
import { ownFiles, UnpackedBundle, verifyBytes } from '../../../../test/support/unpacked-bundle.ts';
import { BUNDLE } from '../../bundle/manifest.ts';
import { canonicalJson, isCanonical, type Json } from '../../canonical-json.ts';

const directory = mkdtempSync(join(tmpdir(), 'chaperone-fuzz-'));
const RUNS = process.env['CHAPERONE_LONG_TESTS'] === '1' ? 1_000 : 16;
const LINE = BUNDLE.session('ses_run_1_2');
let made: MadeBundle;
let pristine: UnpackedBundle;

before(async () => {
  await using world = await bundleWorld(directory);
  await world.makeRun('run_1');
  made = await world.bundle('run_1');
  pristine = await UnpackedBundle.of(made.bytes);
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** What no member is, whatever it should be. */
const STRANGE: readonly Json[] = [
  null,
  true,
  -1,
  0.5,
  2 ** 53,
  1e300,
  '',
  '\u0000',
  'constructor',
  '__proto__',
  [],
  [null],
  {},
];
/** A text in place of a member, which no canonical writer makes. */
const RAW = [
  '-0',
  '1.0',
  '9007199254740993',
  '"\\ud800"',
  '"\\u0061"',
  ' 1',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  '{"a":1,"a":2}',
  '{"b":1,"a":2}',
];

interface Change {
  readonly at: number;
  readonly strange: number;
}

/** Replaces one member of a JSON text, chosen by number, wherever in it that is. */
function replaceMember(text: string, { at, strange }: Change): string {
  let count = 0;
  JSON.parse(text, (_name, value: unknown) => {
    count++;
    return value;
  });
  let seen = 0;
  const raw = strange < RAW.length ? RAW[strange] : undefined;
  const by = raw === undefined ? (STRANGE[strange - RAW.length] as Json) : 'REPLACED';
  const changed: unknown = JSON.parse(text, (_name, value: unknown) => (seen++ === at % count ? by : value));
  return canonicalJson(changed as Json).replace('"REPLACED"', () => raw ?? '');
}

const changes = fc.record({ at: fc.nat(10_000), strange: fc.nat(RAW.length + STRANGE.length - 1) });

describe('a bundle in which a member is something else', () => {
  const whole = [BUNDLE.manifest, BUNDLE.statement, BUNDLE.claims, BUNDLE.jwks];
  for (const path of whole) {
    test(`of ${path} is answered, and never with PASS`, async () => {
      await fc.assert(
        fc.asyncProperty(changes, async (change) => {
          const before_ = pristine.text(path);
          const text = replaceMember(before_, change);
          if (text === before_) return;
          const bundle = pristine.copy().write(path, text);
          await neverPasses(bundle, path);
          if (path !== BUNDLE.manifest && path !== BUNDLE.statement) await neverPasses(bundle.refit(), path);
        }),
        { numRuns: RUNS, seed: 1 },
      );
    });
  }

  for (const path of [BUNDLE.entries, LINE]) {
    test(`in a line of ${path} is answered, and never with PASS`, async () => {
      await fc.assert(
        fc.asyncProperty(changes, fc.nat(100), async (change, which) => {
          const bundle = pristine.copy();
          const lines = bundle.text(path).split('\n').slice(0, -1);
          const index = which % lines.length;
          const line = lines[index] as string;
          const entry = path === BUNDLE.entries ? (JSON.parse(line) as { entry: string; index: string }) : undefined;
          const text =
            entry === undefined
              ? replaceMember(line, change)
              : canonicalJson({ ...entry, entry: replaceMember(entry.entry, change) });
          if (text === line) return;
          bundle.write(path, `${lines.with(index, text).join('\n')}\n`);
          await neverPasses(bundle, path);
          await neverPasses(bundle.refit(), path);
        }),
        { numRuns: RUNS, seed: 1 },
      );
    });
  }

  async function neverPasses(bundle: UnpackedBundle, path: string): Promise<void> {
    const bytes = await bundle.pack();
    for (const own of [ownFiles(made), {}]) {
      const report = await verifyBytes(bytes, own);
      assert.notEqual(report.verdict, 'PASS', path);
    }
  }
});

describe('canonical JSON (RFC 8785)', () => {
  test('is told from anything else, as by writing it anew', () => {
    const values = fc.json({ maxDepth: 4 });
    fc.assert(
      fc.property(values, (text) => {
        const canonical = canonicalJson(JSON.parse(text) as Json);
        assert.ok(isCanonical(canonical), canonical);
        assert.equal(isCanonical(text), canonical === text, text);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  test('has one form for what could be written in several', () => {
    const forms: Readonly<Record<string, boolean>> = {
      '{"a":1,"b":2}': true,
      '{"b":1,"a":2}': false,
      '{"10":1,"9":2}': true,
      '{"9":1,"10":2}': false,
      '{"a":{"c":1,"b":2}}': false,
      '[{"b":1,"a":2}]': false,
      '{"a":1,"a":1}': false,
      '{"__proto__":1}': true,
      '-0': false,
      '1.0': false,
      '1e21': false,
      '1e+21': true,
      '9007199254740993': false,
      '"\\ud800"': false,
      '"\\ud83d\\ude00"': false,
      '"😀"': true,
      '"\\u0000"': true,
      '"\\u000a"': false,
      '"\\n"': true,
      '"/"': true,
      '"\\/"': false,
      '{"€":1,"\\r":2}': false,
      ' 1': false,
    };
    for (const [text, expected] of Object.entries(forms)) assert.equal(isCanonical(text), expected, text);
    assert.equal(isCanonical(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), false);
  });
});
