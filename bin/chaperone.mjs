#!/usr/bin/env node
import { runMain } from './exec-node.mjs';

await runMain(process.argv.slice(2));
