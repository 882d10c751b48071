/** Verifies a bundle in a process of its own and prints what it took, as JSON. */
import { readFileSync } from 'node:fs';
import { verifyBundleFile } from '../src/cli/verify/verify-bundle-file.ts';

const [path = '', policy = '', statementKey = '', auditorKey = ''] = process.argv.slice(2);
const started = performance.now();
const report = await verifyBundleFile(path, { policy, statementKey, auditorKey });
const seconds = (performance.now() - started) / 1000;
const { userCPUTime, systemCPUTime } = process.resourceUsage();
// The kernel's own figure for this program: what `maxRSS` says includes whoever started it.
const [, peak = ''] = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
const { verdict, totals } = report;
process.stdout.write(JSON.stringify({ verdict, totals, seconds, cpuSeconds, maxRssBytes: Number(peak) * 1024 }));
