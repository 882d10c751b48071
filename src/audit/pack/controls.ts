/**
 * Which files of a pack answer which control. A mapping of ours, for the auditor to check: the wording of a control stands
 * in their own copy, and what is said of it here is a description in our words.
 */
import { DERIVED, PACK } from './pack.ts';

export interface Control {
  /** As it is asked for: `PCI-10.2`. */
  readonly id: string;
  readonly framework: string;
  /** What it is about, in our words. */
  readonly about: string;
  readonly evidence: readonly ControlEvidence[];
  /** What the pack does not show of it. */
  readonly notShown: string;
}

export interface ControlEvidence {
  readonly file: string;
  readonly shows: string;
}

const { populationCsv, listed, unterminated, withheld, operators, gaps, keys, policies } = DERIVED;
const SAMPLES = 'samples/';

const POPULATION = { file: populationCsv, shows: 'every run in the span, with the proof that none is missing' };
const WHO = { file: SAMPLES, shows: 'who the run was, by the CI token and the key set that verified it' };
const WHAT = { file: SAMPLES, shows: 'each request with its decision, time, target and outcome' };
const POLICY = { file: policies, shows: 'every set of policies that was in force, by digest, with its text' };
const ADMIN = {
  file: operators,
  shows: 'what operators and people did, reading of recordings and of the log included',
};
const LISTED = { file: listed, shows: 'runs that waited for people or were turned away, whether drawn or not' };
const OPEN = { file: unterminated, shows: 'runs that were opened and never closed' };
const VERIFIED = { file: PACK.report, shows: 'what verifying the whole directory and each sample found' };
const WITNESSED = { file: PACK.witnesses, shows: 'who else saw the log, and up to where' };
const KEYS = { file: keys, shows: 'every change of the keys that sign' };
const SILENCE = { file: gaps, shows: 'times in which the log was silent for longer than a heartbeat' };
const BEATS = { file: PACK.entries, shows: 'heartbeats, with what the gateway knew of its clock' };
const ENTRIES = { file: PACK.entries, shows: 'every entry of the log in the span' };
const ERASED = { file: withheld, shows: 'bodies that were erased, and holds: when, by whom, why' };

const OUTSIDE =
  'Access that did not go through the gateway. A sample’s `coverage` says whether another way out was closed.';
const PEOPLE = 'How people are hired, trained and reviewed, and whether somebody looked at what is logged.';
const STORAGE = 'Where copies of the log are kept, for how long, and who may delete them there.';
const TARGETS = 'Accounts and rights within the target itself, beyond the credential that the gateway uses.';
const CLOCKS = 'Whether the clock of a host was right: the log holds what the gateway’s own host knew of it.';
const NETWORK = 'Network boundaries and hosts other than the gateway’s own doors.';

const soc = under('SOC2', 'SOC 2 (Trust Services Criteria)');
const pci = under('PCI', 'PCI DSS 4.0.1');
const iso = under('ISO', 'ISO/IEC 27001:2022');
const hipaa = under('HIPAA', 'HIPAA Security Rule');
const nist = under('NIST', 'NIST SP 800-53 Rev. 5');
const dora = under('DORA', 'DORA (EU) 2022/2554, and RTS (EU) 2024/1774');

export const CONTROLS: readonly Control[] = [
  soc('CC6.1', 'logical access to protected systems is restricted', [POPULATION, POLICY, WHO], TARGETS),
  soc('CC6.2', 'access is authorised before it is given, and removed after', [POPULATION, POLICY, ADMIN], TARGETS),
  soc('CC6.3', 'access follows roles and least privilege, and is changed when they do', [POLICY, ADMIN, WHAT], TARGETS),
  soc('CC6.6', 'threats from outside the boundary are kept out', [POPULATION, LISTED], NETWORK),
  soc('CC6.7', 'data that moves or leaves is restricted', [WHAT, ERASED], OUTSIDE),
  soc('CC6.8', 'unauthorised software or changes are prevented or detected', [WHAT, LISTED], OUTSIDE),
  soc('CC7.2', 'systems are watched for anomalies', [LISTED, OPEN, SILENCE, ADMIN], PEOPLE),
  soc('CC7.3', 'events are evaluated', [LISTED, ADMIN, WHAT], PEOPLE),
  soc('CC7.4', 'incidents are answered', [WHAT, ADMIN], PEOPLE),
  soc('CC8.1', 'changes are authorised, tested and approved', [POLICY, ADMIN, LISTED, WHO], PEOPLE),
  pci(
    '10.2',
    'what is logged of each access: who, what, when, from where, outcome',
    [POPULATION, WHAT, ADMIN, LISTED],
    OUTSIDE,
  ),
  pci('10.3', 'logs are protected against being read, changed or lost', [VERIFIED, WITNESSED, KEYS, ADMIN], STORAGE),
  pci('10.4', 'logs are reviewed', [ADMIN, VERIFIED], PEOPLE),
  pci('10.5', 'logs are kept and can be had', [POPULATION, ERASED, ENTRIES], STORAGE),
  pci('10.6', 'clocks agree', [BEATS, WITNESSED], CLOCKS),
  pci('10.7', 'failures of the control are detected and answered', [SILENCE, OPEN, VERIFIED], PEOPLE),
  pci('7.2.5', 'accounts of applications have the least privilege', [POLICY, WHO], TARGETS),
  pci('8.2.2', 'shared accounts are exceptions', [POPULATION, WHO], TARGETS),
  pci('8.6', 'accounts of applications are managed, and their secrets kept out of code', [WHO, POLICY], TARGETS),
  iso('A.5.15', 'access is controlled by rules', [POLICY, POPULATION], TARGETS),
  iso('A.5.16', 'identities have a life cycle', [POPULATION, WHO], PEOPLE),
  iso('A.5.17', 'what authenticates is managed', [WHO, KEYS], TARGETS),
  iso('A.5.18', 'rights are given, reviewed and removed', [POLICY, ADMIN], PEOPLE),
  iso(
    'A.5.28',
    'evidence is collected so that it holds',
    [VERIFIED, WITNESSED, { file: SAMPLES, shows: 'the evidence itself' }],
    STORAGE,
  ),
  iso('A.8.15', 'logs are made, kept, protected and analysed', [POPULATION, VERIFIED, ADMIN], PEOPLE),
  iso('A.8.16', 'activities are monitored', [LISTED, SILENCE], PEOPLE),
  iso('A.8.17', 'clocks are synchronised', [BEATS], CLOCKS),
  hipaa(
    '164.312(b)',
    'activity in systems with health information is recorded and examined',
    [POPULATION, WHAT, ADMIN],
    PEOPLE,
  ),
  nist('AU-2', 'which events are logged', [POPULATION, ADMIN], PEOPLE),
  nist('AU-3', 'what a record says', [WHAT], OUTSIDE),
  nist(
    'AU-5',
    'what happens when logging fails',
    [SILENCE, OPEN],
    'That requests are refused while nothing can be recorded: a sample shows what was recorded, never what was refused for want of a record.',
  ),
  nist('AU-6', 'records are reviewed and reported', [ADMIN], PEOPLE),
  nist('AU-8', 'time stamps', [BEATS], CLOCKS),
  nist('AU-9', 'audit information is protected', [VERIFIED, WITNESSED, KEYS], STORAGE),
  nist('AU-10', 'nobody can deny what they did', [WHO, WITNESSED, KEYS], OUTSIDE),
  nist('AU-11', 'records are kept', [POPULATION, ERASED], STORAGE),
  nist('AU-12', 'records are generated', [POPULATION, WHAT], OUTSIDE),
  nist('AU-14', 'sessions can be audited', [WHAT], OUTSIDE),
  nist('AC-2', 'accounts are managed', [POPULATION, ADMIN], TARGETS),
  nist('AC-3', 'access is enforced', [POLICY, WHAT], OUTSIDE),
  nist('AC-6', 'least privilege', [POLICY, WHAT], TARGETS),
  nist('AC-12', 'sessions end', [POPULATION, OPEN], TARGETS),
  nist('AC-17', 'remote access', [POPULATION, WHO], NETWORK),
  nist('IA-9', 'services and workloads are identified', [WHO, POPULATION], OUTSIDE),
  nist('SI-7', 'integrity is verified', [VERIFIED, WITNESSED], STORAGE),
  dora('9', 'systems are protected, access and changes controlled', [POLICY, ADMIN, VERIFIED], NETWORK),
  dora('10', 'anomalies are detected', [LISTED, SILENCE], PEOPLE),
  dora('17', 'incidents are managed and can be reconstructed', [WHAT, POPULATION], PEOPLE),
  dora(
    'RTS-12',
    'logging: what, how long, protected, with a time source',
    [POPULATION, VERIFIED, BEATS, ERASED],
    STORAGE,
  ),
  dora('RTS-20', 'identities are managed', [WHO, POPULATION], PEOPLE),
  dora('RTS-21', 'access is controlled', [POLICY, ADMIN], TARGETS),
];

/** The control of this id, in whatever case; undefined where there is none. */
export function findControl(id: string): Control | undefined {
  const wanted = id.trim().toUpperCase();
  return CONTROLS.find((control) => control.id.toUpperCase() === wanted);
}

type Row = (id: string, about: string, evidence: readonly ControlEvidence[], notShown: string) => Control;

/** Makes the controls of one framework, whose ids begin with its prefix. */
function under(prefix: string, framework: string): Row {
  return (id, about, evidence, notShown) => ({ id: `${prefix}-${id}`, framework, about, evidence, notShown });
}
