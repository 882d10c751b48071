import { defineConformance } from './conformance.ts';
import { ssh } from './ssh.ts';

defineConformance(ssh());
