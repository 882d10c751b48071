import { defineConformance } from './conformance.ts';
import { kubernetes } from './kubernetes.ts';

defineConformance(kubernetes(false));
